import type { SqliteDatabase } from 'crudp/sqlite';

/**
 * What modules read by. They write by `ctx.effect`, in the transaction that stores a packet's result, so that a row and
 * the word that it is saved are never apart.
 */
export interface Reader {
  all<Row>(sql: string, ...params: readonly (string | number)[]): Row[];
  get<Row>(sql: string, ...params: readonly (string | number)[]): Row | undefined;
}

const tables = `
  CREATE TABLE IF NOT EXISTS clients (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    phone TEXT,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS invoices (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    client TEXT NOT NULL REFERENCES clients (id),
    status TEXT NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS invoices_client ON invoices (client);
  CREATE TABLE IF NOT EXISTS invoice_lines (
    invoice TEXT NOT NULL REFERENCES invoices (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    quantity REAL NOT NULL,
    unit_cents INTEGER NOT NULL,
    PRIMARY KEY (invoice, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL
  ) STRICT;
`;

/** Makes the application's tables in the journal's database and reads by a connection of its own. */
export function openReader(db: SqliteDatabase): Reader {
  // The journal may be writing just now: both wait for each other instead of failing.
  db.exec('PRAGMA busy_timeout = 5000');
  db.exec(tables);
  const statements = new Map<string, ReturnType<SqliteDatabase['prepare']>>();
  const prepared = (sql: string) => {
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  return {
    all: <Row>(sql: string, ...params: readonly (string | number)[]) => prepared(sql).all(...params) as Row[],
    get: <Row>(sql: string, ...params: readonly (string | number)[]) => prepared(sql).get(...params) as Row | undefined,
  };
}
