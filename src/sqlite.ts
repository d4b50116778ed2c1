export { type RenewEpochOptions, renewEpoch } from './lib/server/journals/renew-epoch.ts';
export type { SqliteDatabase, SqliteDriver, SqliteStatement } from './lib/server/journals/sqlite/driver.ts';
export type { SqliteJournalOptions } from './lib/server/journals/sqlite/options.ts';
export { sqliteJournal } from './lib/server/journals/sqlite.ts';
