import { beforeEach, describe, expect, it } from 'vitest';
import type { OutboxRow, PacketRow, Storage, StorageConnection } from '../../src/lib/client/storage.ts';
import { nowhere } from '../../src/lib/client/storage.ts';

const outbox = '00000000000000a1';

function packet(seq: number, more: Partial<PacketRow> = {}): PacketRow {
  return {
    user: 'ana',
    outbox,
    seq,
    route: 4,
    records: [{ text: `record ${seq}` }],
    contract: 1,
    tag: seq.toString(16).padStart(16, '0'),
    after: [],
    isDoomed: false,
    group: 0,
    bytes: 60,
    queuedAt: 1000 + seq,
    ...more,
  };
}

function outboxRow(more: Partial<OutboxRow> = {}): OutboxRow {
  return {
    user: 'ana',
    outbox,
    nextSeq: 1,
    place: nowhere,
    sentSeq: 0,
    acknowledged: 1,
    sends: [],
    accepts: [],
    attempts: 0,
    ...more,
  };
}

/**
 * What every storage promises.
 *
 * @param make A storage with a name of its own, and the same again, as another page would have it.
 */
export function testStorage(make: () => Promise<{ storage: Storage; again: Storage }>): void {
  let storage: Storage;
  let again: Storage;
  let connection: StorageConnection;

  beforeEach(async () => {
    ({ storage, again } = await make());
    connection = storage.connect(() => {});
    return () => connection.close();
  });

  const seqs = (rows: readonly PacketRow[]): number[] => rows.map(({ seq }) => seq);
  const allSeqs = (from = connection): Promise<number[]> =>
    from.read(async (tx) => seqs(await tx.list('packets', { prefix: ['ana', outbox] })));

  describe('Storage', () => {
    it('gives back what was put, of any type that a record may have', async () => {
      const records = [
        { date: new Date(86_400_000), big: 2n ** 62n, bytes: Uint8Array.of(1, 2, 255), none: undefined, nil: null },
        ['a', ['b']],
        { json: { a: [1, -0, 0.5, 'ü', '\u{1f600}'] } },
      ];
      await connection.write(async (tx) => tx.put('packets', packet(1, { records })));
      const row = await connection.read((tx) => tx.get('packets', ['ana', outbox, 1]));
      expect(row).toEqual(packet(1, { records }));
      expect(await connection.read((tx) => tx.get('packets', ['ana', outbox, 2]))).toBeUndefined();
    });

    it('replaces a row of the same key', async () => {
      await connection.write(async (tx) => {
        tx.put('packets', packet(1));
        tx.put('packets', packet(1, { bytes: 61 }));
      });
      expect(await connection.read((tx) => tx.list('packets', { prefix: [] }))).toEqual([packet(1, { bytes: 61 })]);
    });

    it('lists in the order of numbers, not of their digits', async () => {
      await connection.write(async (tx) => {
        for (const seq of [10, 9, 100, 1, 2]) tx.put('packets', packet(seq));
      });
      expect(await allSeqs()).toEqual([1, 2, 9, 10, 100]);
    });

    it('keeps to prefix, bounds and limit', async () => {
      await connection.write(async (tx) => {
        for (const seq of [1, 2, 3, 4, 5]) {
          tx.put('packets', packet(seq));
          tx.put('packets', packet(seq, { outbox: '00000000000000a2' }));
          tx.put('packets', packet(seq, { user: 'an' }));
          tx.put('packets', packet(seq, { user: 'ana2' }));
        }
      });
      const prefix = ['ana', outbox];
      await connection.read(async (tx) => {
        expect(seqs(await tx.list('packets', { prefix }))).toEqual([1, 2, 3, 4, 5]);
        expect(seqs(await tx.list('packets', { prefix, above: 2 }))).toEqual([3, 4, 5]);
        expect(seqs(await tx.list('packets', { prefix, upTo: 2 }))).toEqual([1, 2]);
        expect(seqs(await tx.list('packets', { prefix, above: 1, upTo: 4 }, 2))).toEqual([2, 3]);
        expect(await tx.list('packets', { prefix, above: 1, upTo: 4 })).toHaveLength(3);
        expect(await tx.list('packets', { prefix: ['ana'] })).toHaveLength(10);
        expect(await tx.list('packets', { prefix: [] })).toHaveLength(20);
        expect(await tx.list('packets', { prefix: ['bob'] })).toEqual([]);
        expect(await tx.list('packets', { prefix, above: 5 })).toEqual([]);
      });
    });

    it('deletes all between bounds, and puts them back where the transaction fails', async () => {
      const prefix = ['ana', outbox];
      await connection.write(async (tx) => {
        for (const seq of [1, 2, 3, 4, 5, 6]) tx.put('packets', packet(seq));
        tx.put('packets', packet(3, { outbox: '00000000000000a2' }));
      });
      const failed = connection.write(async (tx) => {
        tx.deleteAll('packets', { prefix, above: 1, upTo: 5 });
        expect(seqs(await tx.list('packets', { prefix }))).toEqual([1, 6]);
        throw new Error('given up');
      });
      await expect(failed).rejects.toThrow('given up');
      expect(await allSeqs()).toEqual([1, 2, 3, 4, 5, 6]);
      await connection.write(async (tx) => {
        tx.deleteAll('packets', { prefix, above: 1, upTo: 5 });
        tx.deleteAll('packets', { prefix, above: 6 });
      });
      expect(await allSeqs()).toEqual([1, 6]);
      expect(await connection.read((tx) => tx.list('packets', { prefix: ['ana'] }))).toHaveLength(3);
    });

    it('orders users and keys of several parts', async () => {
      const row = { user: 'ana', outbox, waiterOutbox: outbox };
      await connection.write(async (tx) => {
        tx.put('waits', { ...row, seq: 2, waiterSeq: 30 });
        tx.put('waits', { ...row, seq: 2, waiterSeq: 4 });
        tx.put('waits', { ...row, seq: 1, waiterSeq: 50 });
      });
      const list = await connection.read((tx) => tx.list('waits', { prefix: ['ana', outbox] }));
      expect(list.map(({ seq, waiterSeq }) => [seq, waiterSeq])).toEqual([
        [1, 50],
        [2, 4],
        [2, 30],
      ]);
      const ofTwo = await connection.read((tx) => tx.list('waits', { prefix: ['ana', outbox, 2] }));
      expect(ofTwo).toHaveLength(2);
    });

    it('deletes', async () => {
      await connection.write(async (tx) => {
        tx.put('packets', packet(1));
        tx.put('packets', packet(2));
      });
      await connection.write(async (tx) => {
        tx.delete('packets', ['ana', outbox, 1]);
        tx.delete('packets', ['ana', outbox, 7]);
      });
      expect(await allSeqs()).toEqual([2]);
    });

    it('sees its own writes in a transaction', async () => {
      await connection.write(async (tx) => {
        tx.put('packets', packet(1));
        tx.delete('packets', ['ana', outbox, 1]);
        tx.put('packets', packet(2));
        expect(seqs(await tx.list('packets', { prefix: ['ana'] }))).toEqual([2]);
      });
    });

    it('writes nothing of a transaction whose work throws', async () => {
      await connection.write(async (tx) => {
        tx.put('packets', packet(1));
        tx.put('packets', packet(2));
      });
      const failure = new Error('in the middle');
      const write = connection.write(async (tx) => {
        tx.put('packets', packet(3));
        tx.put('packets', packet(1, { bytes: 0 }));
        tx.delete('packets', ['ana', outbox, 2]);
        tx.put('outboxes', outboxRow());
        await tx.get('packets', ['ana', outbox, 3]);
        throw failure;
      });
      await expect(write).rejects.toBe(failure);
      expect(await allSeqs()).toEqual([1, 2]);
      expect(await connection.read((tx) => tx.get('packets', ['ana', outbox, 1]))).toEqual(packet(1));
      expect(await connection.read((tx) => tx.get('outboxes', ['ana', outbox]))).toBeUndefined();
    });

    it('runs writers one after another, of all connections', async () => {
      const other = again.connect(() => {});
      await connection.write(async (tx) => tx.put('outboxes', outboxRow()));
      const addOne = (to: StorageConnection) =>
        to.write(async (tx) => {
          const row = (await tx.get('outboxes', ['ana', outbox])) as OutboxRow;
          tx.put('outboxes', { ...row, nextSeq: row.nextSeq + 1 });
          tx.put('packets', packet(row.nextSeq));
          return row.nextSeq;
        });
      const given = await Promise.all(Array.from({ length: 40 }, (_, i) => addOne(i % 2 ? connection : other)));
      expect(given.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
      expect(await allSeqs(other)).toHaveLength(40);
      other.close();
    });

    it('keeps what is stored from being changed through what was put or got', async () => {
      const records = [{ tags: ['a'] }];
      await connection.write(async (tx) => tx.put('packets', packet(1, { records })));
      records[0]?.tags.push('b');
      const got = await connection.read((tx) => tx.get('packets', ['ana', outbox, 1]));
      expect(got?.records).toEqual([{ tags: ['a'] }]);
      const [first] = (got as PacketRow).records as typeof records;
      first?.tags.push('c');
      const row = await connection.read((tx) => tx.get('packets', ['ana', outbox, 1]));
      expect(row?.records).toEqual([{ tags: ['a'] }]);
    });

    it('still has it for whoever connects later', async () => {
      await connection.write(async (tx) => tx.put('packets', packet(1)));
      connection.close();
      const later = again.connect(() => {});
      expect(await allSeqs(later)).toEqual([1]);
      later.close();
    });

    it('tells the other connections, not itself', async () => {
      const own: unknown[] = [];
      const mine = storage.connect((note) => own.push(note));
      const others: StorageConnection[] = [];
      const heard = [storage, again].map(
        (each) => new Promise((resolve) => others.push(each.connect((note) => resolve(note)))),
      );
      mine.tell({ kind: 'news', at: 3 });
      expect(await Promise.all(heard)).toEqual([
        { kind: 'news', at: 3 },
        { kind: 'news', at: 3 },
      ]);
      expect(own).toEqual([]);
      for (const each of [mine, ...others]) each.close();
    });

    it('rejects once it is closed', async () => {
      connection.close();
      connection.close();
      connection.tell('nobody');
      await expect(connection.read(async () => {})).rejects.toMatchObject({ code: 'storage_failed' });
      await expect(connection.write(async () => {})).rejects.toMatchObject({ code: 'storage_failed' });
    });

    it('says how long it lasts', async () => {
      expect(['memory', 'best_effort', 'persistent']).toContain(await storage.durability());
    });
  });
}
