import { describe, expect, it } from 'vitest';
import { answerBackgroundSync, requestBackgroundSync } from '../../src/lib/client/background.ts';
import { noNetwork } from './fake-server.ts';
import { type Bench, bench, connected, note, settle } from './harness.ts';

/** The browser wakes a service worker. */
function workerOf(page: Bench) {
  const scope = new EventTarget();
  const outcomes: Promise<unknown>[] = [];
  const opened: Bench[] = [];
  answerBackgroundSync(scope, () => {
    const worker = page.page({ online: true });
    opened.push(worker);
    return worker.client;
  });
  return {
    opened,
    async wake(tag = 'crudp'): Promise<unknown> {
      const waitUntil = (work: Promise<unknown>): void => void outcomes.push(work);
      scope.dispatchEvent(Object.assign(new Event('sync'), { tag, waitUntil }));
      return outcomes.at(-1);
    },
  };
}

describe('Background sync', () => {
  it('is registered whenever packets join the queue', async () => {
    const { client } = bench({ online: false });
    const tags: string[] = [];
    const registration = Promise.resolve({ sync: { register: async (tag: string) => void tags.push(tag) } });
    const leave = requestBackgroundSync(client, registration, 'shop');
    await settle();
    expect(tags).toEqual([]);
    const one = client.notes.create(note('1'));
    await one.saved;
    await settle();
    await one.cancel();
    await client.notes.create(note('2')).saved;
    await settle();
    expect(tags).toEqual(['shop', 'shop']);
    leave();
    await client.notes.create(note('3')).saved;
    await settle();
    expect(tags).toHaveLength(2);
  });

  it('does nothing where the browser has no such thing, or the user forbids it', async () => {
    const { client } = bench({ online: false });
    requestBackgroundSync(client, Promise.resolve({}));
    const refusing = { sync: { register: () => Promise.reject(new DOMException('denied', 'NotAllowedError')) } };
    requestBackgroundSync(client, Promise.resolve(refusing));
    await client.notes.create(note('1')).saved;
    await settle();
  });

  it('sends what closed pages have left, and closes its client', async () => {
    const page = bench({ online: false });
    await Promise.all(page.client.notes.createEach([note('1'), note('2')]).map(({ saved }) => saved));
    await page.client.close();
    const worker = workerOf(page);
    await worker.wake();
    expect(page.server.deliveries.map(({ seqs }) => seqs)).toEqual([[1, 2]]);
    expect(worker.opened[0]?.client.status.getSnapshot().state).toBe('closed');
  });

  it('ends as failed where the server cannot be reached, so that the browser tries again', async () => {
    const page = bench({ online: false });
    await page.client.notes.create(note('1')).saved;
    await page.client.close();
    page.server.script.push(noNetwork);
    const worker = workerOf(page);
    await expect(worker.wake()).rejects.toMatchObject({ code: 'unsent' });
    await worker.wake();
    expect(page.server.deliveries.map(({ seqs }) => seqs)).toEqual([[1], [1]]);
  });

  it('has nothing to do where nothing waits, nor for other tags', async () => {
    const page = await connected();
    const worker = workerOf(page);
    await worker.wake();
    await worker.wake('another');
    expect(worker.opened).toHaveLength(1);
    expect(page.server.posts).toEqual([]);
  });
});
