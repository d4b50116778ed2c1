/** The log of what concerns one user. */
export function userLog(user: string): string {
  return `user:${user}`;
}

/** An entry for a log: `user:x`, `role:y` or `all`. */
export interface LogAppend {
  readonly log: string;
  readonly kind: 'push';
  readonly frame: Uint8Array;
}

/** An entry as a session reads it. */
export interface LogEntry {
  readonly log: string;
  /** From 1, one more each. */
  readonly offset: number;
  /** 8 hex digits, random: tells this entry from another that a restored journal gave the same offset. */
  readonly mark: string;
  readonly kind: 'results' | 'push';
  /** For results: whose. '' for pushes. */
  readonly outbox: string;
  readonly frame: Uint8Array;
}

/** A place in one log: the last entry that was read. Offset 0, mark '' is before the first. */
export interface LogPosition {
  readonly offset: number;
  readonly mark: string;
}

/** Before a log's first entry. */
export const beginning: LogPosition = { offset: 0, mark: '' };

export interface LogReading {
  readonly entries: readonly LogEntry[];
  /** False: the log no longer holds exactly what follows the position; the entries begin at the oldest. */
  readonly recovered: boolean;
  /** Whether the log held more after these entries when it was read. */
  readonly more: boolean;
}
