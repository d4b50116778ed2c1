import { CrudpError } from '../../../errors.ts';
import type { Connection } from './connection.ts';

/** 'CRDP', in the header of the file (https://sqlite.org/pragma.html#pragma_application_id). */
export const applicationId = 0x43524450;

/**
 * Each entry takes the schema one version up, the first from nothing to 1. Released entries never change.
 *
 * The version stands in a table: `user_version` is left to the application, whose own tables live in the same file.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE crudp_meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    opens INTEGER NOT NULL
  ) STRICT;

  -- next: packets below have run.
  -- begun, times: the packet that was begun last, and how often.
  -- oldest: there are no results below.
  CREATE TABLE crudp_outbox (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    outbox TEXT NOT NULL,
    accepted INTEGER NOT NULL,
    tag TEXT NOT NULL,
    next INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    times INTEGER NOT NULL,
    oldest INTEGER NOT NULL,
    UNIQUE (user, outbox)
  ) STRICT;

  -- A batch with packets that have not run. runs: JSON [[from, to], ...], null where first..last has no gap.
  -- needs: JSON array of the packets that its own wait for, or null.
  -- The frame stands last, so that what is before it is read without it.
  CREATE TABLE crudp_batch (
    id INTEGER PRIMARY KEY,
    outbox INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    runs TEXT,
    needs TEXT,
    contract INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    identity TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    frame BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX crudp_batch_last ON crudp_batch (outbox, last);
  CREATE INDEX crudp_batch_needs ON crudp_batch (outbox) WHERE needs IS NOT NULL;

  -- A response frame. It is there while a result or (logged = 1) a log entry refers to it.
  CREATE TABLE crudp_chunk (
    id INTEGER PRIMARY KEY,
    outbox INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    at INTEGER NOT NULL,
    logged INTEGER NOT NULL,
    frame BLOB NOT NULL
  ) STRICT;
  CREATE INDEX crudp_chunk_at ON crudp_chunk (at);
  CREATE INDEX crudp_chunk_unlogged ON crudp_chunk (outbox, first) WHERE logged = 0;

  CREATE TABLE crudp_result (
    outbox INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    status INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    PRIMARY KEY (outbox, seq)
  ) STRICT, WITHOUT ROWID;

  -- start: the last entry that was trimmed.
  CREATE TABLE crudp_log (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    end_offset INTEGER NOT NULL,
    end_mark TEXT NOT NULL,
    start_offset INTEGER NOT NULL,
    start_mark TEXT NOT NULL
  ) STRICT;

  -- Results have a chunk, pushes a frame of their own.
  CREATE TABLE crudp_entry (
    log INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    mark TEXT NOT NULL,
    at INTEGER NOT NULL,
    outbox TEXT NOT NULL,
    chunk INTEGER,
    bytes INTEGER NOT NULL,
    frame BLOB,
    PRIMARY KEY (log, "offset")
  ) STRICT;
  CREATE INDEX crudp_entry_at ON crudp_entry (at, log, "offset");
  `,
  `
  -- done: JSON [[from, to], ...], packets above next that were completed out of line, of batches that are still here.
  -- begins: JSON [[from, to, times], ...], packets that were begun and not completed. Both null where there are none.
  ALTER TABLE crudp_outbox ADD COLUMN done TEXT;
  ALTER TABLE crudp_outbox ADD COLUMN begins TEXT;
  UPDATE crudp_outbox SET begins = json_array(json_array(begun, begun, times)) WHERE begun > 0;
  ALTER TABLE crudp_outbox DROP COLUMN begun;
  ALTER TABLE crudp_outbox DROP COLUMN times;
  `,
  `
  -- sum: XXH32 of the frame, so that a byte that was flipped on disk is never served; null in rows written before.
  ALTER TABLE crudp_batch ADD COLUMN sum INTEGER;
  ALTER TABLE crudp_chunk ADD COLUMN sum INTEGER;
  ALTER TABLE crudp_entry ADD COLUMN sum INTEGER;

  -- bytes: of the frames of its entries.
  ALTER TABLE crudp_log ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE crudp_log SET bytes = (SELECT coalesce(sum(bytes), 0) FROM crudp_entry WHERE log = crudp_log.id);

  -- Packets that came to nothing, kept for an operator. frame: a request frame of the packet alone.
  CREATE TABLE crudp_failed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL,
    outbox TEXT NOT NULL,
    seq INTEGER NOT NULL,
    status INTEGER NOT NULL,
    message TEXT NOT NULL,
    at INTEGER NOT NULL,
    contract INTEGER NOT NULL,
    identity TEXT NOT NULL,
    sum INTEGER NOT NULL,
    frame BLOB NOT NULL
  ) STRICT;
  CREATE INDEX crudp_failed_user ON crudp_failed (user, outbox, seq);
  CREATE INDEX crudp_failed_at ON crudp_failed (at);
  `,
  `
  -- results: JSON [[from, to, status], ...]; log, offset, mark: the entry that the chunk is, null where it is none. Rows of
  -- results and entries are made of them later; all four are null in rows written before, which have theirs.
  ALTER TABLE crudp_chunk ADD COLUMN results TEXT;
  ALTER TABLE crudp_chunk ADD COLUMN log INTEGER;
  ALTER TABLE crudp_chunk ADD COLUMN "offset" INTEGER;
  ALTER TABLE crudp_chunk ADD COLUMN mark TEXT;

  -- filed: chunks up to this one have their rows.
  ALTER TABLE crudp_meta ADD COLUMN filed INTEGER NOT NULL DEFAULT 0;
  UPDATE crudp_meta SET filed = (SELECT coalesce(max(id), 0) FROM crudp_chunk);
  `,
];

/**
 * Makes the tables or brings them up to date.
 *
 * @param freshEpoch The journal's id if it is made now.
 * @returns The journal's id, and how often it has been opened, this time included.
 * @throws {CrudpError} `journal_foreign`, `journal_newer`, `journal_corrupt`; nothing has been written then.
 */
export function prepareSchema(db: Connection, freshEpoch: string): { epoch: string; opens: number } {
  const version = versionOf(db);
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of migrations.slice(version)) db.exec(migration);
    if (version === 0) {
      db.exec(`PRAGMA application_id = ${applicationId}`);
      db.run('INSERT INTO crudp_meta (id, version, epoch, opens) VALUES (1, 0, ?, 0)', freshEpoch);
    }
    db.run('UPDATE crudp_meta SET version = ?, opens = opens + 1', migrations.length);
    const meta = db.get<{ epoch: string; opens: number }>('SELECT epoch, opens FROM crudp_meta');
    db.exec('COMMIT');
    return meta as { epoch: string; opens: number };
  } catch (error) {
    db.rollback();
    throw error;
  }
}

/** 0 where the file has no journal yet. */
export function versionOf(db: Connection): number {
  const id = db.pragma('application_id');
  if (id !== 0 && id !== applicationId) {
    throw new CrudpError('journal_foreign', `the file belongs to another application (application_id ${id})`);
  }
  if (!db.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'crudp_meta'")) {
    if (id === applicationId) throw new CrudpError('journal_corrupt', 'the tables of the journal are missing');
    return 0;
  }
  const version = db.get<{ version: number }>('SELECT version FROM crudp_meta')?.version ?? Number.NaN;
  if (version > migrations.length) {
    const message = `the journal has version ${version}, this package knows versions up to ${migrations.length}`;
    throw new CrudpError('journal_newer', message);
  }
  if (!(version >= 1)) throw new CrudpError('journal_corrupt', 'the journal has no version');
  return version;
}
