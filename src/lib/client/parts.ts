import type { Contract } from '../contract/contract.ts';
import type { Listeners } from './events.ts';
import type { WriteLedger } from './inbox.ts';
import type { Changeable } from './observable.ts';
import type { Operations } from './operations.ts';
import type { ClientSettings } from './options.ts';
import type { ClientStatus } from './status.ts';
import type { StorageConnection } from './storage.ts';
import type { ProgressBoard } from './uploads/progress.ts';

/** What the parts of a page have in common; each names what it needs of it. */
export interface PageParts extends ClientSettings {
  readonly contract: Contract;
  readonly connection: StorageConnection;
  readonly writeLedger: WriteLedger;
  readonly operations: Operations;
  readonly listeners: Listeners;
  readonly board: ProgressBoard;
  readonly status: Changeable<ClientStatus>;
}
