import { describe, expect, it } from 'vitest';
import { nowhere, type Place } from '../../../src/lib/server/journal.ts';
import type { Subject } from '../journal.ts';
import {
  accept,
  ana,
  anasPhone,
  ask,
  batchOf,
  claim,
  complete,
  frameOf,
  hear,
  luis,
  restart,
  resultsOf,
  runAll,
  tagOf,
  textOf,
} from './support.ts';

export function acceptSuite(subject: Subject): void {
  describe('accept', () => {
    it('knows nothing of an outbox before its first packet', async () => {
      const { journal } = subject;
      expect(await journal.place(ana)).toEqual(nowhere);
      const empty = await journal.accept(batchOf(ana, nowhere, []));
      expect(empty).toEqual({ kind: 'accepted', accepted: 0, appended: 0, forgotten: [] });
      expect(await journal.place(ana)).toEqual(nowhere);
    });

    it('takes number and tag of the last packet as the place', async () => {
      const { journal } = subject;
      const outcome = await journal.accept(batchOf(ana, nowhere, [1, 2, 5]));
      expect(outcome).toEqual({ kind: 'accepted', accepted: 5, appended: 3, forgotten: [] });
      expect(await journal.place(ana)).toEqual({ epoch: journal.epoch, seq: 5, tag: tagOf(ana, 5) });
      expect(journal.epoch).toMatch(/^[0-9a-f]{16}$/);
    });

    it('refuses new packets of a user of whom too many would wait, in all outboxes, and nothing else', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3]);
      await accept(journal, luis, [1, 2, 3]);
      const more = (count: number) => batchOf(anasPhone, nowhere, [1, 2, 3].slice(0, count), { maxWaiting: 5 });
      expect(await journal.accept(more(3))).toEqual({ kind: 'full', waiting: 3 });
      expect(await journal.place(anasPhone)).toEqual(nowhere);
      expect(await journal.accept(more(2))).toMatchObject({ kind: 'accepted', appended: 2 });
      // What is known already is no new packet.
      const again = batchOf(ana, await journal.place(ana), [1, 2, 3], { maxWaiting: 0 });
      expect(await journal.accept(again)).toMatchObject({ kind: 'accepted', appended: 0 });
      // What has run waits no more.
      await runAll(journal, [1, 2, 3]);
      const next = (maxWaiting: number, after: Place) => batchOf(ana, after, [4, 5], { maxWaiting });
      const place = await journal.place(ana);
      expect(await journal.accept(next(3, place))).toEqual({ kind: 'full', waiting: 2 });
      expect(await journal.accept(next(4, place))).toMatchObject({ kind: 'accepted', appended: 2 });
    });

    it('keeps the batch as it came: frame, sender, contract, time', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      await accept(journal, ana, [3], { contract: 4, receivedAt: 600 });
      const taken = await claim(journal);
      const identity = { user: 'ana', roles: ['staff'], meta: { shop: 7 } };
      expect(taken.batches.map(({ frame, ...rest }) => ({ ...rest, frame: textOf(frame) }))).toEqual([
        { frame: 'frame ana 1 2', contract: 3, identity, from: 1, to: 2, receivedAt: 500 },
        { frame: 'frame ana 3', contract: 4, identity, from: 3, to: 3, receivedAt: 600 },
      ]);
    });

    it('keeps its own copy of a frame, also of a view on a larger buffer', async () => {
      const { journal } = subject;
      const buffer = Buffer.from('..frame..');
      const frame = buffer.subarray(2, 7);
      const outcome = journal.accept(batchOf(ana, nowhere, [1], { frame }));
      buffer.fill(0);
      await outcome;
      expect(textOf((await claim(journal)).batches[0]?.frame as Uint8Array)).toBe('frame');
      expect(buffer.length).toBe(9);
    });

    it('appends what is new in a frame that repeats accepted packets', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      const outcome = await journal.accept(batchOf(ana, await journal.place(ana), [1, 2, 3, 4]));
      expect(outcome).toEqual({ kind: 'accepted', accepted: 4, appended: 2, forgotten: [] });
      const { batches } = await claim(journal);
      expect(batches.map(({ from, to }) => [from, to])).toEqual([
        [1, 2],
        [3, 4],
      ]);
    });

    it('refuses new packets where After is not the place, and changes nothing', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      const place = await journal.place(ana);
      const wrong = [
        nowhere,
        { ...place, epoch: 'f'.repeat(16) },
        { ...place, seq: 1 },
        { ...place, seq: 3 },
        { ...place, tag: 'other' },
      ];
      for (const after of wrong) {
        const outcome = await journal.accept(batchOf(ana, after, [4], { oldest: 4 }));
        expect(outcome).toEqual({ kind: 'moved', place });
      }
      expect(await journal.place(ana)).toEqual(place);
      expect((await claim(journal)).batches).toHaveLength(1);
    });

    it('takes a frame without new packets where After is the place or before it, and changes nothing else', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      const place = await journal.place(ana);
      const answers = async (after: Place) => {
        const outcomes = [];
        for (const seqs of [[1], []]) outcomes.push((await journal.accept(batchOf(ana, after, seqs))).kind);
        return [...new Set(outcomes)];
      };
      const otherEpoch = 'f'.repeat(16);
      expect(await answers(place)).toEqual(['accepted']);
      expect(await answers({ ...place, seq: 1, tag: 'of the first' })).toEqual(['accepted']);
      // Before the backup was restored it was the same packet.
      expect(await answers({ ...place, epoch: otherEpoch })).toEqual(['accepted']);
      expect(await answers({ ...place, tag: 'other' })).toEqual(['moved']);
      expect(await answers({ ...place, epoch: otherEpoch, tag: 'other' })).toEqual(['moved']);
      expect(await answers({ epoch: otherEpoch, seq: 1, tag: 'of the first' })).toEqual(['moved']);
      expect(await answers({ ...place, seq: 3 })).toEqual(['moved']);
      expect(await journal.place(ana)).toEqual(place);
    });

    it('forgets nothing for a frame that does not fit', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      await runAll(journal, [1, 2]);
      const stale = { ...(await journal.place(ana)), tag: 'other' };
      expect((await journal.accept(batchOf(ana, stale, [], { oldest: 3 }))).kind).toBe('moved');
      expect(await resultsOf(journal, ana, [1, 2])).toHaveLength(2);
    });

    it('takes a late duplicate of an accepted frame for moved', async () => {
      const { journal } = subject;
      const first = batchOf(ana, nowhere, [1, 2]);
      await journal.accept(first);
      const place = await journal.place(ana);
      expect(await journal.accept(first)).toEqual({ kind: 'moved', place });
    });

    it('lets only one of two senders at the same place in', async () => {
      const { journal } = subject;
      const outcomes = await Promise.all([
        journal.accept(batchOf(ana, nowhere, [1], { tag: 'x' })),
        journal.accept(batchOf(ana, nowhere, [1, 2], { tag: 'y' })),
      ]);
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['accepted', 'moved']);
      const { batches } = await claim(journal);
      expect(batches).toHaveLength(1);
    });

    it("takes another user's equal outbox number for another outbox", async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      expect(await journal.place(luis)).toEqual(nowhere);
      await accept(journal, luis, [1]);
      expect((await journal.place(ana)).seq).toBe(2);
      expect((await journal.place(luis)).seq).toBe(1);
      expect(await journal.place(anasPhone)).toEqual(nowhere);
    });

    it('tells of work where something was appended, once it was', async () => {
      const { journal } = subject;
      const heard = hear(journal);
      await accept(journal, ana, [1]);
      expect(heard).toEqual([{ kind: 'work' }]);
      await ask(journal, ana, [1]);
      await journal.accept(batchOf(ana, nowhere, [7]));
      expect(heard).toHaveLength(1);
    });

    it('reports asked packets that have neither packet nor result', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 4, 5]);
      await accept(journal, ana, [8]);
      const taken = await claim(journal);
      await complete(journal, taken, [1]);
      expect(await ask(journal, ana, [1, 2, 3, 4, 5, 7, 8])).toMatchObject({ forgotten: [3, 7] });
      expect(await ask(journal, ana, [2, 5], 2)).toMatchObject({ forgotten: [] });
      expect(await ask(journal, ana, [1, 2])).toMatchObject({ forgotten: [1] });
    });

    it('forgets results below the oldest that the client needs', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3, 4]);
      await runAll(journal, [1, 2, 3]);
      await ask(journal, ana, [], 3);
      expect(await resultsOf(journal, ana, [1, 2, 3])).toEqual([['results 3', [3]]]);
      expect(await resultsOf(journal, luis, [1, 2, 3])).toEqual([]);
    });

    it('forgets part of a chunk', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3]);
      const taken = await claim(journal);
      await complete(journal, taken, [1, 2, 3], { logged: false });
      await ask(journal, ana, [], 3);
      expect(await resultsOf(journal, ana, [1, 2, 3])).toEqual([['results 1 2 3', [3]]]);
      await ask(journal, ana, [], 4);
      expect(await resultsOf(journal, ana, [1, 2, 3])).toEqual([]);
    });

    it('keeps an acknowledged result while a waiting packet depends on it', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      await runAll(journal, [1, 2]);
      await accept(journal, ana, [3, [4, [2]]]);
      await ask(journal, ana, [], 3);
      expect(await resultsOf(journal, ana, [1, 2])).toEqual([['results 2', [2]]]);
      await runAll(journal, [3, 4]);
      await ask(journal, ana, [], 5);
      expect(await resultsOf(journal, ana, [1, 2, 3, 4])).toEqual([]);
    });

    it('is there after a restart', async () => {
      const { journal } = subject;
      const { epoch } = journal;
      await accept(journal, ana, [1, 2]);
      const place = await journal.place(ana);
      await restart(journal);
      expect(journal.epoch).toBe(epoch);
      expect(await journal.place(ana)).toEqual(place);
      expect((await claim(journal)).batches).toHaveLength(1);
    });

    it('holds many and large batches', async () => {
      const { journal } = subject;
      const large = new Uint8Array(3 << 20).fill(7);
      const keys = Array.from({ length: 40 }, (_, index) => ({ user: `user ${index}`, outbox: ana.outbox }));
      await Promise.all(
        keys.map((key, index) => accept(journal, key, [1, 2], { frame: index === 7 ? large : frameOf(key.user) })),
      );
      for (const [index] of keys.entries()) {
        const { user, batches } = await claim(journal);
        expect(user).toBe(`user ${index}`);
        const sent = index === 7 ? large : frameOf(user);
        expect(Buffer.compare(batches[0]?.frame as Uint8Array, sent)).toBe(0);
      }
    });

    it('refuses user names that a database could confuse', async () => {
      const { journal } = subject;
      for (const user of ['a\ud800', 'a\0b']) {
        await expect(journal.accept(batchOf({ ...ana, user }, nowhere, [1]))).rejects.toThrow(TypeError);
      }
      await accept(journal, { ...ana, user: '__proto__' }, [1]);
      await accept(journal, { ...ana, user: "a'; DROP TABLE crudp_outbox; -- 😀" }, [1]);
      expect([(await claim(journal)).user, (await claim(journal)).user]).toEqual([
        '__proto__',
        "a'; DROP TABLE crudp_outbox; -- 😀",
      ]);
    });
  });
}
