import type { Chunks } from './chunks.ts';
import type { Connection } from './connection.ts';
import type { Logs } from './logs.ts';
import type { Outboxes } from './outboxes.ts';

/** The journal's tables, with what is kept of them in memory. */
export interface Tables {
  readonly db: Connection;
  readonly outboxes: Outboxes;
  readonly chunks: Chunks;
  readonly logs: Logs;
}
