import { describe, expect, it, onTestFinished } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import type { Storage } from '../../src/lib/client/storage.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import type { Contract } from '../../src/lib/contract/contract.ts';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { string, u8, withDefault } from '../../src/lib/contract/types.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { crudpServer } from '../../src/lib/server/server.ts';
import { Network } from '../../src/lib/testing/network.ts';

const codec = portableCodec();
const Note = shape({ id: string() });
const Grown = shape({ id: string(), stars: withDefault(u8(), 3) });
const Broken = shape({ id: u8() });

const first = contract({ version: 1 }, { notes: handler(1, { create: { in: Note, out: Note } }) });
const grown = contract({ version: 2 }, { notes: handler(1, { create: { in: Grown, out: Grown } }) });
const broken = contract({ version: 2 }, { notes: handler(1, { create: { in: Broken } }) });

/** A server, and what its handler was given. */
async function serve<C extends Contract>(app: C) {
  const ran: unknown[] = [];
  const server = crudpServer(app, { codec, journal: memoryJournal(), authenticate: () => null });
  const create = (_: unknown, records: readonly unknown[]): readonly unknown[] => {
    ran.push(...records);
    return records;
  };
  server.use(implement(app, { notes: { access: { create: 'public' }, create } } as never));
  await server.start();
  onTestFinished(() => server.close());
  return { ran, transport: new Network(server, '/api').transport({ user: 'ana', roles: [] }) };
}

function clientOf<A extends typeof first | typeof grown>(
  app: A,
  storage: Storage,
  transport: Parameters<typeof crudpClient>[1]['transport'] & object,
  online = true,
) {
  const client = crudpClient(app as typeof first, { user: 'ana', storage, codec, transport, online, batchWindowMs: 0 });
  onTestFinished(() => client.close());
  return client;
}

/** A storage in which a client of the first contract has left a packet. */
async function storageWithPacket(): Promise<Storage> {
  const storage = memoryStorage();
  const away = clientOf(first, storage, (await serve(first)).transport, false);
  await away.notes.create({ id: 'old' }).saved;
  await away.close();
  return storage;
}

describe('A contract that changes while packets wait', () => {
  it('by fields at the end has them drained, with the defaults', async () => {
    const storage = await storageWithPacket();
    const { ran, transport } = await serve(grown);
    const client = clientOf(first, storage, transport);
    expect(await client.notes.create({ id: 'new' }, { after: [] }).result).toEqual([{ id: 'new' }]);
    expect(ran).toEqual([
      { id: 'old', stars: 3 },
      { id: 'new', stars: 3 },
    ]);
    expect(await client.outbox.list()).toEqual([]);
  });

  it('is read by a newer page, which sends what an older one has saved', async () => {
    const storage = await storageWithPacket();
    const { ran, transport } = await serve(grown);
    const client = clientOf(grown, storage, transport);
    await client.notes.create({ id: 'new' }).result;
    expect(ran).toEqual([
      { id: 'old', stars: 3 },
      { id: 'new', stars: 3 },
    ]);
  });

  it('otherwise has them parked, visible and kept, until the server can read them again', async () => {
    const storage = await storageWithPacket();
    const wrong = await serve(broken);
    const client = clientOf(first, storage, wrong.transport);
    await expect(client.notes.create({ id: 'new' }).result).rejects.toMatchObject({ code: 'contract_mismatch' });
    expect(wrong.ran).toEqual([]);
    const parked = await client.outbox.list();
    expect(parked.map(({ state, records }) => [state, records])).toEqual([
      ['parked', [{ id: 'old' }]],
      ['parked', [{ id: 'new' }]],
    ]);
    await client.close();
    const right = await serve(first);
    const later = clientOf(first, storage, right.transport);
    const confirmed = new Promise<void>((resolve) => {
      later.notes.on('create', (event) => void (event.kind === 'confirmed' && resolve()));
    });
    await later.outbox.retry(parked[0]?.reqId ?? '');
    await confirmed;
    expect(right.ran).toEqual([{ id: 'old' }]);
    expect((await later.outbox.list()).map(({ records }) => records)).toEqual([[{ id: 'new' }]]);
  });

  it('on the client first holds the queue until the server follows', async () => {
    const storage = memoryStorage();
    const older = await serve(first);
    const client = clientOf(grown, storage, older.transport);
    await client.notes.create({ id: 'early' }).saved;
    await new Promise<void>((resolve) => {
      const look = (): void => void (client.status.getSnapshot().reason === 'contract_older' && resolve());
      client.status.subscribe(look);
      look();
    });
    expect(client.status.getSnapshot()).toMatchObject({ state: 'held', queued: 1 });
    await client.close();
    const newer = await serve(grown);
    const later = clientOf(grown, storage, newer.transport);
    await later.notes.create({ id: 'late' }).result;
    expect(newer.ran).toEqual([
      { id: 'early', stars: 3 },
      { id: 'late', stars: 3 },
    ]);
    expect(older.ran).toEqual([]);
  });
});
