import { describe, expect, it } from 'vitest';
import type { Subject } from '../journal.ts';
import {
  accept,
  ana,
  ask,
  claim,
  complete,
  completionOf,
  hear,
  luis,
  type PacketSpec,
  restart,
  resultsOf,
} from './support.ts';

/** Packets that wait for something outside step out of the line (C.4). */
export function outOfLineSuite(subject: Subject): void {
  describe('out of line', () => {
    it('completes packets behind one that waits, and tells which at the next claim', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3, 4, 7, 8]);
      const taken = await claim(journal);
      await complete(journal, taken, [2, 3]);
      await complete(journal, taken, [7]);
      await expect(journal.complete(taken, completionOf([3]))).rejects.toThrow(TypeError);
      await restart(journal);
      const again = await claim(journal);
      expect(again).toMatchObject({
        next: 1,
        done: [
          [2, 3],
          [7, 7],
        ],
      });
      await complete(journal, again, [1]);
      await journal.release(again);
      expect(await claim(journal)).toMatchObject({ next: 4, done: [[7, 7]] });
    });

    it('drops a batch of which nothing is left, also behind one that waits', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      await accept(journal, ana, [3, 4]);
      await accept(journal, ana, [5, 6]);
      const taken = await claim(journal);
      await complete(journal, taken, [2, 3, 4, 5]);
      await journal.release(taken);
      const again = await claim(journal);
      expect(again).toMatchObject({
        next: 1,
        done: [
          [2, 2],
          [5, 5],
        ],
      });
      expect(again.batches.map(({ from, to }) => [from, to])).toEqual([
        [1, 2],
        [5, 6],
      ]);
      await complete(journal, again, [1, 6]);
      await journal.release(again);
      expect(await journal.claim()).toBeNull();
      expect(await ask(journal, ana, [1, 2, 3, 4, 5, 6])).toMatchObject({ forgotten: [] });
    });

    it('acknowledges results behind one that waits', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2, 3]);
      const taken = await claim(journal);
      await complete(journal, taken, [2]);
      await complete(journal, taken, [3]);
      await complete(journal, taken, [1]);
      await ask(journal, ana, [], 3);
      expect(await resultsOf(journal, ana, [1, 2, 3])).toEqual([['results 3', [3]]]);
    });

    it('reads on behind the batches of the claim', async () => {
      const journal = await subject.make({ maxClaimBytes: 30 });
      const packets: PacketSpec[][] = [[1], [2], [[3, [1]]], [4]];
      for (const specs of packets) await accept(journal, ana, specs);
      const taken = await claim(journal);
      expect(taken.batches.map(({ from }) => from)).toEqual([1, 2]);
      await complete(journal, taken, [1], { status: 4 });
      const more = await journal.pending(taken, 2);
      expect(more.batches.map(({ from }) => from)).toEqual([3, 4]);
      expect(more.statuses).toEqual(new Map([[1, 4]]));
      expect((await journal.pending(taken, 4)).batches).toEqual([]);
      await journal.release(taken);
      expect((await journal.pending(taken, 0)).batches).toEqual([]);
    });

    it('counts what waits, and since when', async () => {
      const { journal } = subject;
      expect(await journal.backlog()).toEqual({ packets: 0, oldestAt: null });
      await accept(journal, luis, [1, 2], { receivedAt: 700 });
      await accept(journal, ana, [1, 2, 3, 7, 8, 11], { receivedAt: 600 });
      await accept(journal, ana, [12], { receivedAt: 800 });
      expect(await journal.backlog()).toEqual({ packets: 9, oldestAt: 600 });
      await journal.release(await claim(journal));
      const taken = await claim(journal);
      expect(taken.user).toBe('ana');
      await complete(journal, taken, [2, 8, 12]);
      expect(await journal.backlog()).toEqual({ packets: 6, oldestAt: 600 });
      await complete(journal, taken, [1, 3, 7, 11]);
      expect(await journal.backlog()).toEqual({ packets: 2, oldestAt: 700 });
    });

    it('rests an outbox of which all that is left waits, until something new comes', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1, 2]);
      const taken = await claim(journal);
      await complete(journal, taken, [2]);
      const heard = hear(journal);
      await journal.release(taken, 2);
      expect(heard).toEqual([]);
      expect(await journal.claim()).toBeNull();
      await accept(journal, ana, [3]);
      const again = await claim(journal);
      expect(again).toMatchObject({ next: 1, done: [[2, 2]] });
      await accept(journal, ana, [4]);
      await journal.release(again, 3);
      expect(await claim(journal)).toMatchObject({ next: 1 });
    });

    it('wakes a resting outbox when it is resumed, also while it is claimed', async () => {
      const { journal } = subject;
      await journal.resume(luis);
      await accept(journal, ana, [1]);
      await journal.release(await claim(journal), 1);
      const heard = hear(journal);
      await journal.resume(ana);
      expect(heard).toEqual([{ kind: 'work' }]);
      const taken = await claim(journal);
      await journal.resume(ana);
      expect(await journal.claim()).toBeNull();
      await journal.release(taken, 1);
      const again = await claim(journal);
      await complete(journal, again, [1]);
      await journal.resume(ana);
      await journal.release(again, 1);
      expect(await journal.claim()).toBeNull();
      await journal.resume(ana);
      expect(await journal.claim()).toBeNull();
    });

    it('looks at resting outboxes again after a restart', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1]);
      await journal.release(await claim(journal), 1);
      await restart(journal);
      expect(await claim(journal)).toMatchObject({ ...ana, next: 1 });
    });
  });
}
