import { type Cursor, nameHash, type Place } from './cursor.ts';
import type { Identity } from './journal.ts';
import { beginning, type LogPosition, userLog } from './journal-log.ts';

/** A log that a session hears: the last entry it handed over, and whether there may be more. */
export interface Heard extends Place {
  readonly name: string;
  position: LogPosition;
  stale: boolean;
  /** False while `position` is not in the log: what the cursor knew is gone, and reading begins at the oldest. */
  anchored: boolean;
}

/** The logs that a user hears, each once. */
function logsOf({ user, roles }: Identity): string[] {
  return [...new Set([userLog(user), 'all', ...roles.map((role) => `role:${role}`).sort()])];
}

export function heardBy(identity: Identity): Heard[] {
  return logsOf(identity).map((name) => ({
    name,
    hash: nameHash(name),
    position: beginning,
    stale: false,
    anchored: true,
  }));
}

/** Where a cursor stands in a log: a position; `'end'` for one that it did not know, a role that is new; null: it had no room for it. */
export function placeIn(cursor: Cursor, log: string): LogPosition | 'end' | null {
  return cursor.places.get(log) ?? (cursor.incomplete ? null : 'end');
}
