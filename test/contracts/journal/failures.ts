import { describe, expect, it } from 'vitest';
import type { FailedPacket } from '../../../src/lib/server/journal.ts';
import type { LogPosition } from '../../../src/lib/server/journal-log.ts';
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
} from './support.ts';

const start: LogPosition = { offset: 0, mark: '' };

const failed = (seq: number, status: number): FailedPacket => ({
  seq,
  status,
  message: `why ${seq}`,
  identity: { user: 'ana', roles: ['staff'], meta: { shop: 7 } },
  contract: 3,
  frame: frameOf(`packet ${seq}`),
});

export function failureSuite(subject: Subject): void {
  const fail = async (key: typeof ana, seqs: readonly number[], status = 13) => {
    const { journal } = subject;
    await accept(journal, key, seqs);
    const taken = await claim(journal);
    await complete(journal, taken, seqs, { status, failed: seqs.map((seq) => failed(seq, status)) });
    await journal.release(taken);
  };
  const kept = async (query = {}) => {
    const list = await subject.journal.failures({ limit: 100, ...query });
    return list.map(({ user, outbox, seq, status }) => `${user} ${outbox.slice(-2)} ${seq} ${status}`);
  };

  describe('failures', () => {
    it('are kept with all it takes to run them again', async () => {
      const { journal } = subject;
      await fail(ana, [1, 2]);
      await restart(journal);
      const [first, second] = await journal.failures({ limit: 100 });
      expect(first).toEqual({ ...failed(1, 13), ...ana, id: first?.id, at: subject.clock.ms });
      expect(second?.id).toBeGreaterThan(first?.id ?? 0);
    });

    it('are found by user, outbox, number and status, a page at a time', async () => {
      await fail(ana, [1, 2]);
      await fail(anasPhone, [1], 11);
      await fail(luis, [1]);
      expect(await kept()).toEqual(['ana a1 1 13', 'ana a1 2 13', 'ana a2 1 11', 'luis a1 1 13']);
      expect(await kept({ user: 'ana', seq: 1 })).toEqual(['ana a1 1 13', 'ana a2 1 11']);
      expect(await kept({ status: 13, outbox: ana.outbox, limit: 2 })).toEqual(['ana a1 1 13', 'ana a1 2 13']);
      const [, second] = await subject.journal.failures({ limit: 2 });
      expect(await kept({ after: second?.id ?? 0 })).toEqual(['ana a2 1 11', 'luis a1 1 13']);
      expect(await kept({ user: "x' OR 1 --" })).toEqual([]);
    });

    it('come with the commit or not at all', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1]);
      const taken = await claim(journal);
      await journal.release(taken);
      expect(await journal.complete(taken, completionOf([1], { failed: [failed(1, 13)] }))).toEqual({ kind: 'fenced' });
      expect(await kept()).toEqual([]);
    });

    it('go when they are discarded, and when they are old', async () => {
      const { journal, clock } = subject;
      await fail(ana, [1, 2]);
      clock.ms += 10;
      await fail(luis, [1]);
      const [first] = await journal.failures({ limit: 1 });
      expect(await journal.discard([first?.id ?? 0, first?.id ?? 0, 77])).toBe(1);
      expect(await kept()).toEqual(['ana a1 2 13', 'luis a1 1 13']);
      await journal.trim({ results: 0, logs: 0 });
      expect(await kept()).toHaveLength(2);
      await journal.trim({ results: 0, logs: 0, failures: clock.ms });
      expect(await kept()).toEqual(['luis a1 1 13']);
    });

    it('go with what a run that went well has told, once, and leave the result as it was', async () => {
      const { journal } = subject;
      await fail(ana, [1]);
      const [one] = await journal.failures({ limit: 1 });
      const heard = hear(journal);
      const pushes = [{ log: 'user:ana', kind: 'push' as const, frame: frameOf('done') }];
      expect(await journal.commit({ pushes, effects: [] }, one?.id ?? 0)).toEqual({ kind: 'committed' });
      expect(await journal.commit({ pushes, effects: [] }, one?.id ?? 0)).toEqual({ kind: 'gone' });
      expect(heard).toEqual([{ kind: 'log', log: 'user:ana' }]);
      expect(await logOf(journal, 'user:ana')).toEqual(['results 1', 'done']);
      expect(await resultsOf(journal, ana, [1])).toEqual([['results 1', [1]]]);
      expect(await kept()).toEqual([]);
    });

    it('never get the number of one that is gone', async () => {
      const { journal } = subject;
      await fail(ana, [1]);
      const [one] = await journal.failures({ limit: 1 });
      await journal.discard([one?.id ?? 0]);
      await restart(journal);
      await fail(luis, [1]);
      expect((await journal.failures({ limit: 1 }))[0]?.id).toBeGreaterThan(one?.id ?? 0);
    });
  });

  describe('log sizes', () => {
    it('lose the oldest entries of logs that are too large, and only those', async () => {
      const { journal } = subject;
      const push = (log: string, text: string) => ({ log, kind: 'push' as const, frame: frameOf(text) });
      await journal.append(['aaaa', 'bbbb', 'cc', 'dddd'].map((text) => push('all', text)));
      await journal.append([push('role:x', '123456')]);
      await accept(journal, ana, [1, 2]);
      const taken = await claim(journal);
      for (const seq of [1, 2]) await complete(journal, taken, [seq]);
      const limits = (logBytes: number) => ({ results: 0, logs: 0, logBytes });
      await journal.trim(limits(14));
      expect(await logOf(journal, 'all')).toEqual(['aaaa', 'bbbb', 'cc', 'dddd']);
      expect(await logOf(journal, 'user:ana')).toEqual(['results 2']);
      const { entries } = await journal.read('all', start, 4);
      const first = { offset: 1, mark: entries[0]?.mark ?? '' };
      await journal.trim(limits(6));
      expect(await logOf(journal, 'all')).toEqual(['cc', 'dddd']);
      expect(await logOf(journal, 'role:x')).toEqual(['123456']);
      expect(await logOf(journal, 'user:ana')).toEqual([]);
      expect((await journal.read('all', first, 100)).recovered).toBe(false);
      expect(await resultsOf(journal, ana, [1, 2])).toHaveLength(2);
      await journal.append([push('all', 'e')]);
      await journal.trim(limits(5));
      expect(await logOf(journal, 'all')).toEqual(['dddd', 'e']);
      expect((await journal.end('all')).offset).toBe(5);
    });
  });
}
