import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../../src/lib/server/journals/memory.ts';
import { accept, ana, claim, completionOf, resultsOf } from '../../contracts/journal/support.ts';
import { journalContract } from '../../contracts/journal.ts';

journalContract({ name: 'memory', make: async (options) => memoryJournal(options) });

describe('memoryJournal', () => {
  it('fails effects, for which it has no database', async () => {
    const journal = memoryJournal();
    await journal.open();
    await accept(journal, ana, [1]);
    const effects = [{ sql: 'DELETE FROM t', params: [] }];
    const outcome = await journal.complete(await claim(journal), completionOf([1], { effects }));
    expect(outcome).toMatchObject({ kind: 'effect_failed', index: 0 });
    expect(await resultsOf(journal, ana, [1])).toEqual([]);
  });
});
