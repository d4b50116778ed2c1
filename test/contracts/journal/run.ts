import { describe, expect, it } from 'vitest';
import type { Subject } from '../journal.ts';
import {
  accept,
  ana,
  anasPhone,
  claim,
  complete,
  completionOf,
  frameOf,
  hear,
  logOf,
  luis,
  restart,
  resultsOf,
  runAll,
} from './support.ts';

export function runSuite(subject: Subject): void {
  describe('claim', () => {
    it('has nothing where nothing waits', async () => {
      const { journal } = subject;
      expect(await journal.claim()).toBeNull();
      await accept(journal, ana, [1]);
      await runAll(journal, [1]);
      expect(await journal.claim()).toBeNull();
    });

    it('gives an outbox to one at a time', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1]);
      const taken = await claim(journal);
      expect(taken).toMatchObject({ ...ana, next: 1, done: [], begun: new Map() });
      expect(await journal.claim()).toBeNull();
      await accept(journal, ana, [2]);
      expect(await journal.claim()).toBeNull();
      await journal.release(taken);
      expect((await claim(journal)).batches).toHaveLength(2);
    });

    it('never gives one outbox to two that claim at once', async () => {
      const { journal } = subject;
      await Promise.all([accept(journal, ana, [1]), accept(journal, luis, [1])]);
      const claims = await Promise.all([journal.claim(), journal.claim(), journal.claim()]);
      expect(claims.map((taken) => taken?.user ?? '').sort()).toEqual(['', 'ana', 'luis']);
    });

    it('goes round by user, not by outbox', async () => {
      const { journal } = subject;
      for (const key of [ana, anasPhone, { ...ana, outbox: '00000000000000a3' }, luis]) await accept(journal, key, [1]);
      const order = [];
      for (let turn = 0; turn < 4; turn++) order.push((await claim(journal)).user);
      expect(order).toEqual(['ana', 'luis', 'ana', 'ana']);
    });

    it('puts an outbox that is given back behind the others', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      await accept(journal, luis, [1]);
      const taken = await claim(journal);
      await complete(journal, taken, [1]);
      await journal.release(taken);
      expect((await claim(journal)).user).toBe('luis');
      expect(await claim(journal)).toMatchObject({ user: 'ana', next: 2 });
    });

    it('finds what waits after a restart, the oldest first, and voids leases', async () => {
      const { journal } = subject;
      await accept(journal, luis, [1]);
      await accept(journal, ana, [1, 2]);
      const first = await claim(journal);
      await restart(journal);
      expect(await journal.complete(first, completionOf([1]))).toEqual({ kind: 'fenced' });
      expect(await claim(journal)).toMatchObject({ ...luis, next: 1 });
      expect(await claim(journal)).toMatchObject({ ...ana, next: 1 });
      expect(await journal.complete(first, completionOf([1]))).toEqual({ kind: 'fenced' });
    });

    it('gives a few batches at a time, at least one', async () => {
      const journal = await subject.make({ maxClaimBytes: 100 });
      const frame = (size: number) => ({ frame: new Uint8Array(size) });
      await accept(journal, ana, [1], frame(500));
      await accept(journal, ana, [2], frame(60));
      await accept(journal, ana, [3], frame(40));
      await accept(journal, ana, [4], frame(1));
      const spans: number[][] = [];
      for (const seqs of [[1], [2, 3], [4]]) {
        const taken = await claim(journal);
        spans.push(taken.batches.map(({ from }) => from));
        await complete(journal, taken, seqs);
        await journal.release(taken);
      }
      expect(spans).toEqual([[1], [2, 3], [4]]);
    });

    it('tells statuses of what waiting packets depend on, as far as there are results', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      const taken = await claim(journal);
      await complete(journal, taken, [1]);
      await complete(journal, taken, [2], { status: 300 });
      await accept(journal, ana, [3, [4, [3, 2]], [5, [1]], [9, [7]]]);
      await complete(journal, taken, [3], { status: 5 });
      await journal.release(taken);
      const again = await claim(journal);
      expect(again.next).toBe(4);
      expect(new Map([...again.statuses].sort(([a], [b]) => a - b))).toEqual(
        new Map([
          [1, 0],
          [2, 300],
          [3, 5],
        ]),
      );
    });
  });

  describe('begin', () => {
    it('counts durably how often packets were begun', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3, 7]);
      const taken = await claim(journal);
      expect(await journal.begin(taken, [1])).toEqual([1]);
      expect(await journal.begin(taken, [1, 2, 7])).toEqual([2, 1, 1]);
      await restart(journal);
      const again = await claim(journal);
      expect(again.next).toBe(1);
      expect([...again.begun]).toEqual([
        [1, 2],
        [2, 1],
        [7, 1],
      ]);
      expect(await journal.begin(again, [1])).toEqual([3]);
      await complete(journal, again, [1, 7]);
      await restart(journal);
      expect([...(await claim(journal)).begun]).toEqual([[2, 1]]);
    });

    it('keeps which tries are excused, as long as the packet waits', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3]);
      const taken = await claim(journal);
      await journal.begin(taken, [1, 2]);
      // The third was never begun, the second try of the first not either.
      for (let times = 0; times < 2; times++) await journal.excuse(taken, [1, 2, 3]);
      await journal.begin(taken, [1]);
      await restart(journal);
      await journal.excuse(taken, [1]);
      const again = await claim(journal);
      expect([...again.begun]).toEqual([
        [1, 2],
        [2, 1],
      ]);
      expect([...again.excused]).toEqual([
        [1, 1],
        [2, 1],
      ]);
      await complete(journal, again, [1], { begins: [3] });
      await journal.release(again);
      const last = await claim(journal);
      expect([...last.begun]).toEqual([
        [2, 1],
        [3, 1],
      ]);
      expect([...last.excused]).toEqual([[2, 1]]);
    });

    it('counts in the commit of those before what begins right after', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 4]);
      await accept(journal, ana, [6]);
      const taken = await claim(journal);
      await complete(journal, taken, [1], { begins: [4] });
      await complete(journal, taken, [4], { begins: [6] });
      await restart(journal);
      const again = await claim(journal);
      expect(again).toMatchObject({ next: 6, begun: new Map([[6, 1]]) });
      await complete(journal, again, [6]);
      await accept(journal, ana, [7]);
      await journal.release(again);
      expect(await claim(journal)).toMatchObject({ next: 7, begun: new Map() });
    });

    it('begins only what waits, each once, and only under the lease', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 4]);
      const taken = await claim(journal);
      for (const seqs of [[3], [5], [2, 1], [1, 1]]) {
        await expect(journal.begin(taken, seqs)).rejects.toThrow(TypeError);
        await expect(journal.complete(taken, completionOf([4], { begins: seqs }))).rejects.toThrow(TypeError);
      }
      await expect(journal.complete(taken, completionOf([1], { begins: [1] }))).rejects.toThrow(TypeError);
      await complete(journal, taken, [2]);
      await expect(journal.begin(taken, [2])).rejects.toThrow(TypeError);
      await journal.release(taken);
      expect(await journal.begin(taken, [1])).toBeNull();
    });
  });

  describe('complete', () => {
    it('stores results, the log entry and pushes at once', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      const heard = hear(journal);
      const taken = await claim(journal);
      const push = (log: string, text: string) => ({ log, kind: 'push' as const, frame: frameOf(text) });
      await complete(journal, taken, [1, 2], {
        pushes: [push('role:sales', 'p1'), push('all', 'p2'), push('all', 'p3')],
      });
      expect(await resultsOf(journal, ana, [2, 1, 9])).toEqual([['results 1 2', [2, 1]]]);
      expect(await logOf(journal, 'user:ana')).toEqual(['results 1 2']);
      expect(await logOf(journal, 'role:sales')).toEqual(['p1']);
      expect(await logOf(journal, 'all')).toEqual(['p2', 'p3']);
      expect(heard).toEqual(['user:ana', 'role:sales', 'all'].map((log) => ({ kind: 'log', log })));
    });

    it('keeps results of reads out of the log, and tells of them', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1]);
      const heard = hear(journal);
      await complete(journal, await claim(journal), [1], { logged: false });
      expect(await logOf(journal, 'user:ana')).toEqual([]);
      expect(await resultsOf(journal, ana, [1])).toEqual([['results 1', [1]]]);
      expect(heard).toEqual([{ kind: 'read', ...ana, frame: frameOf('results 1') }]);
    });

    it('bounds results by bytes, but gives at least a chunk', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3]);
      await runAll(journal, [1, 2, 3]);
      const asked = async (maxBytes: number) =>
        (await journal.results(ana, [1, 2, 3, 3], maxBytes)).map(({ seqs }) => seqs);
      expect(await asked(1)).toEqual([[1]]);
      expect(await asked(18)).toEqual([[1], [2]]);
      expect(await asked(1000)).toEqual([[1], [2], [3]]);
    });

    it('takes only results of packets that wait, in order', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 5]);
      const taken = await claim(journal);
      for (const seqs of [[], [3], [1, 4], [2, 1], [1, 1], [1, 2, 5, 6]]) {
        await expect(journal.complete(taken, completionOf(seqs))).rejects.toThrow(TypeError);
      }
      expect(await logOf(journal, 'user:ana')).toEqual([]);
      await complete(journal, taken, [1, 2, 5]);
      await expect(journal.complete(taken, completionOf([5]))).rejects.toThrow(TypeError);
    });

    it('fences whoever has lost the lease, and commits nothing of it', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      const old = await claim(journal);
      await journal.release(old);
      const current = await claim(journal);
      expect(current.token).toBeGreaterThan(old.token);
      expect(await journal.complete(old, completionOf([1]))).toEqual({ kind: 'fenced' });
      expect(await resultsOf(journal, ana, [1])).toEqual([]);
      await journal.release(old);
      await complete(journal, current, [1]);
    });

    it('runs a batch accepted while another runs', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1]);
      const taken = await claim(journal);
      await accept(journal, ana, [2]);
      await complete(journal, taken, [1]);
      const heard = hear(journal);
      await journal.release(taken);
      expect(heard).toEqual([{ kind: 'work' }]);
      expect(await claim(journal)).toMatchObject({ next: 2 });
    });

    it('commits what has been asked for before the outbox is given back', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1]);
      const taken = await claim(journal);
      const [outcome] = await Promise.all([journal.complete(taken, completionOf([1])), journal.release(taken)]);
      expect(outcome).toEqual({ kind: 'committed' });
      expect(await journal.claim()).toBeNull();
    });

    it('keeps results across a restart', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3]);
      await runAll(journal, [1, 2]);
      await restart(journal);
      expect(await resultsOf(journal, ana, [1, 2, 3])).toEqual([
        ['results 1', [1]],
        ['results 2', [2]],
      ]);
      expect(await logOf(journal, 'user:ana')).toEqual(['results 1', 'results 2']);
      expect((await claim(journal)).next).toBe(3);
    });
  });
}
