import { writeSync } from 'node:fs';
import type { Journal } from '../../src/lib/server/journal.ts';
import { journalWith } from '../server/journal-with.ts';

/** A packet's way through the server. */
export const steps = ['commit', 'handler', 'result', 'acknowledgement'] as const;

/** Where a server process may be struck. */
export type KillPoint = `${(typeof steps)[number]}-${'before' | 'after'}`;

/** What the process says last. */
export interface LastWords {
  readonly event: 'struck';
  readonly at: KillPoint;
  /** Of the packet that was begun, and whose result is not durable. */
  readonly seq?: number;
}

/** Says that a point is reached. */
export type Pass = (point: KillPoint, seq?: number) => void;

/** @returns What sends this process a signal when `at` is reached for the `count`-th time. */
export function strikeAt(at: string | undefined, count: number, signal: string): Pass {
  let left = count;
  return (point, seq) => {
    if (point !== at || --left !== 0) return;
    // Without a turn of the event loop between the two: nothing is done after the point but to say so.
    const words: LastWords = { event: 'struck', at: point, ...(seq !== undefined && { seq }) };
    writeSync(1, `${JSON.stringify(words)}\n`);
    process.kill(process.pid, signal);
  };
}

/** A journal that reports its steps. `After` is when the step is durable and nobody has been told of it. */
export function journalAt(journal: Journal, pass: Pass): Journal {
  return journalWith(journal, {
    async accept(batch) {
      const step = batch.packets.length > 0 ? 'commit' : 'acknowledgement';
      pass(`${step}-before`);
      const outcome = await journal.accept(batch);
      pass(`${step}-after`);
      return outcome;
    },
    async complete(claim, completion) {
      pass('result-before', completion.results.at(-1)?.seq);
      const outcome = await journal.complete(claim, completion);
      pass('result-after', completion.begins[0]);
      return outcome;
    },
  });
}
