export type { Audience, Context, Refusal, RefusalFacts } from './lib/server/context.ts';
export type {
  EventSink,
  EventsRequest,
  ServerCore,
  Session,
  StreamEvent,
  SyncReply,
  SyncRequest,
} from './lib/server/core.ts';
export type {
  FailedPacketEntry,
  FailedPacketKey,
  FailedPackets,
  ListQuery,
} from './lib/server/failed-packets.ts';
export type { Health } from './lib/server/health.ts';
export type { Listener } from './lib/server/http/listener.ts';
export { type AccessRule, type Implementation, implement } from './lib/server/implement.ts';
export type * from './lib/server/journal.ts';
export { type MemoryJournalOptions, memoryJournal } from './lib/server/journals/memory.ts';
export type { ServerLogEntry } from './lib/server/log.ts';
export type { Authenticate, Authenticated, Middleware, ServerOptions, WaitsFor } from './lib/server/options.ts';
export { type CrudpServer, crudpServer } from './lib/server/server.ts';
export type { OnStorageFailure } from './lib/server/storage-watch.ts';
