import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Engine } from '../../src/lib/client/engine.ts';
import { takeEngineFrom } from '../../src/lib/client/fetch-engine.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { FakeLocks } from './fake-locks.ts';
import { bench, note, settle } from './harness.ts';

const fetching = { count: 0, before: async (): Promise<void> => {} };

const noNetwork = async (): Promise<void> => {
  throw new TypeError('Failed to fetch dynamically imported module');
};

beforeEach(() => {
  takeEngineFrom(async () => {
    fetching.count++;
    await fetching.before();
    return Engine;
  });
  fetching.count = 0;
  fetching.before = async () => {};
});

describe('What sends, where it cannot be fetched', () => {
  it('keeps nothing from being saved, and is fetched after a pause', async () => {
    fetching.before = noNetwork;
    const { client, clock, server, errors } = bench();
    const operation = client.notes.create(note('1'));
    await operation.saved;
    await settle();
    expect(client.status.getSnapshot()).toMatchObject({ state: 'offline', reason: 'not_loaded', queued: 1 });
    expect([fetching.count, server.posts.length]).toEqual([1, 0]);
    fetching.before = async () => {};
    clock.advance(1000);
    await operation.accepted;
    await settle();
    expect(client.status.getSnapshot()).toMatchObject({ state: 'idle', reason: undefined });
    expect([fetching.count, errors]).toEqual([2, []]);
  });

  it('is fetched at once when somebody asks, whatever the pause', async () => {
    fetching.before = noNetwork;
    const { client } = bench();
    const operation = client.notes.create(note('1'));
    await operation.saved;
    await settle();
    client.retry();
    await settle();
    expect(fetching.count).toBe(2);
    fetching.before = async () => {};
    client.retry();
    await operation.accepted;
  });

  it('loses nothing that a closed page has saved', async () => {
    fetching.before = noNetwork;
    const first = bench();
    await first.client.notes.create(note('1')).saved;
    await settle();
    await first.client.close();
    fetching.before = async () => {};
    const { server } = first.page();
    await vi.waitFor(() => expect(server.deliveries).toHaveLength(1));
  });

  it('does not start in a page that was closed meanwhile', async () => {
    let arrive = (): void => {};
    fetching.before = () => new Promise((resolve) => (arrive = resolve));
    const { client, server, errors } = bench();
    await client.notes.create(note('1')).saved;
    await settle();
    expect(fetching.count).toBe(1);
    await client.close();
    arrive();
    await settle();
    expect([server.posts, errors]).toEqual([[], []]);
  });

  it('does not start where the page was switched off meanwhile, and does when it is switched on', async () => {
    let arrive = (): void => {};
    fetching.before = () => new Promise((resolve) => (arrive = resolve));
    const { client, server } = bench();
    const operation = client.notes.create(note('1'));
    await settle();
    client.setOnline(false);
    arrive();
    await settle();
    expect(server.posts).toEqual([]);
    client.setOnline(true);
    await operation.accepted;
    expect(fetching.count).toBe(1);
  });
});

describe('What sends', () => {
  it('is not fetched by a page that is switched off, or that another one leads', async () => {
    const leader = bench({ storage: { ...memoryStorage(), scope: 'shop' }, locks: new FakeLocks() });
    await leader.client.notes.create(note('1')).accepted;
    expect(fetching.count).toBe(1);
    const led = leader.page();
    await led.client.notes.create(note('2')).accepted;
    expect(led.client.status.getSnapshot().isLeader).toBe(false);
    await bench({ online: false }).client.notes.create(note('3')).saved;
    await settle();
    expect(fetching.count).toBe(1);
  });
});
