import type { StreamState, SyncState } from './status.ts';
import type { PacketKey } from './storage.ts';

/** What pages on one storage tell each other. Hints: whoever misses one finds out from the storage, or a little later. */
export type Note =
  /** A page has come, or has heard of a leader older than itself. That tells what there is to know, or gives way to a newer contract. */
  | { readonly kind: 'opened'; readonly contract: number }
  | { readonly kind: 'queued'; readonly keys: readonly PacketKey[] }
  /** The feed has grown. */
  | { readonly kind: 'fed' }
  | { readonly kind: 'accepted'; readonly outbox: string; readonly upTo: number }
  /** Of the leader, who says so every now and then; silence means that it is frozen. */
  | { readonly kind: 'leading'; readonly contract: number; readonly sync: SyncState; readonly stream: StreamState }
  /** Of the leader: what the server has of an upload. */
  | { readonly kind: 'uploaded'; readonly upload: string; readonly bytes: number }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'online'; readonly isOnline: boolean };

/** Notes go by user: pages of others hear them too, and leave them. */
export interface Envelope {
  readonly user: string;
  readonly note: Note;
}
