import { describe, expect, it } from 'vitest';
import { nowhere } from '../../../src/lib/server/journal.ts';
import type { Subject } from '../journal.ts';
import { accept, ana, batchOf, frameOf, hear, restart } from './support.ts';

export function lifeSuite(subject: Subject): void {
  describe('life', () => {
    it('refuses calls while it is not open', async () => {
      const { journal } = subject;
      const closed = { code: 'journal_closed' };
      await journal.close();
      await expect(journal.place(ana)).rejects.toMatchObject(closed);
      await expect(journal.accept(batchOf(ana, nowhere, [1]))).rejects.toMatchObject(closed);
      await expect(journal.claim()).rejects.toMatchObject(closed);
      await expect(journal.trim({ results: 0, logs: 0 })).rejects.toMatchObject(closed);
      await journal.open();
      expect(await journal.place(ana)).toEqual(nowhere);
    });

    it('closes twice, also at once', async () => {
      const { journal } = subject;
      await Promise.all([journal.close(), journal.close()]);
      await journal.close();
    });

    it('opens once where it is asked twice', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1]);
      const claimed = await journal.claim();
      await journal.open();
      expect(claimed && (await journal.begin(claimed, [1]))).toEqual([1]);
    });

    it('ends what is under way before it closes', async () => {
      const { journal } = subject;
      const outcomes = Array.from({ length: 20 }, (_, index) =>
        journal.accept(batchOf({ ...ana, user: `user ${index}` }, nowhere, [1])),
      );
      await journal.close();
      for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ appended: 1 });
      await journal.open();
      expect((await journal.place({ ...ana, user: 'user 19' })).seq).toBe(1);
    });

    it('tells nothing to those who no longer listen', async () => {
      const { journal } = subject;
      const once: unknown[] = [];
      const listener = (news: unknown) => once.push(news);
      const [first, second] = [journal.subscribe(listener), journal.subscribe(listener)];
      first();
      first();
      await journal.append([{ log: 'all', kind: 'push', frame: frameOf('a') }]);
      expect(once).toHaveLength(1);
      second();
      await journal.append([{ log: 'all', kind: 'push', frame: frameOf('b') }]);
      expect(once).toHaveLength(1);
    });

    it('goes on telling after a restart', async () => {
      const { journal } = subject;
      const heard = hear(journal);
      await restart(journal);
      await accept(journal, ana, [1]);
      expect(heard).toEqual([{ kind: 'work' }]);
    });
  });
}
