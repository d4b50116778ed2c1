// The thread of the SQLite journal, for a server that is bundled: a second entry point of the bundle.
import './lib/server/journals/sqlite/sqlite-worker.ts';
