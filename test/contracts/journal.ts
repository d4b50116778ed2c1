import { afterEach, beforeEach, describe } from 'vitest';
import type { Journal } from '../../src/lib/server/journal.ts';
import { acceptSuite } from './journal/accept.ts';
import { failureSuite } from './journal/failures.ts';
import { lifeSuite } from './journal/life.ts';
import { logSuite } from './journal/logs.ts';
import { outOfLineSuite } from './journal/out-of-line.ts';
import { runSuite } from './journal/run.ts';
import { type JournalFactory, type JournalOptions, SetClock } from './journal/support.ts';

/** What a test is about; new for each. */
export interface Subject {
  readonly journal: Journal;
  readonly clock: SetClock;
  /** Another journal, with options, opened. */
  make(options: Omit<JournalOptions, 'clock'>): Promise<Journal>;
}

/** What every journal promises: journal.ts, in tests. */
export function journalContract(factory: JournalFactory): void {
  describe(`Journal: ${factory.name}`, () => {
    const opened: Journal[] = [];
    const subject = {
      clock: new SetClock(),
      async make(options: Omit<JournalOptions, 'clock'>) {
        const journal = await factory.make({ clock: subject.clock, ...options });
        await journal.open();
        opened.push(journal);
        return journal;
      },
    } as { journal: Journal; clock: SetClock; make: Subject['make'] };

    beforeEach(async () => {
      subject.clock = new SetClock();
      subject.journal = await subject.make({});
    });

    afterEach(async () => {
      for (const journal of opened.splice(0)) await journal.close();
    });

    acceptSuite(subject);
    runSuite(subject);
    outOfLineSuite(subject);
    logSuite(subject);
    failureSuite(subject);
    lifeSuite(subject);
  });
}
