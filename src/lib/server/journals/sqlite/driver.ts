import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CrudpError } from '../../../errors.ts';

/** What a journal uses of a SQLite library: better-sqlite3, libsql and node:sqlite's `DatabaseSync` all have it. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

export interface SqliteStatement {
  run(...params: unknown[]): unknown;
  get(...params: unknown[]): unknown;
  all(...params: unknown[]): unknown[];
}

/** The class of such a library. It must be called with the path alone, and open or create the file. */
export type SqliteDriver = new (path: string) => SqliteDatabase;

/** Null where this Node has no node:sqlite (before 22.13). */
export function builtinDriver(): SqliteDriver | null {
  const sqlite = process.getBuiltinModule?.('node:sqlite') as { DatabaseSync: SqliteDriver } | undefined;
  return sqlite?.DatabaseSync ?? null;
}

/**
 * Finds the class a driver option stands for.
 *
 * @param driver A class; a module whose default export is one, as a URL or a specifier; absent: Node's own.
 * @throws {CrudpError} `driver_missing`.
 */
export async function loadDriver(driver?: SqliteDriver | string | URL): Promise<SqliteDriver> {
  if (typeof driver === 'function') return driver;
  if (driver === undefined) {
    const builtin = builtinDriver();
    if (builtin) return builtin;
    throw new CrudpError('driver_missing', "this Node has no node:sqlite; install libsql and pass driver: 'libsql'");
  }
  const module = await importDriver(String(driver));
  // A CommonJS class, as TypeScript's interop sees it, may be a default export's default export.
  const found = [module.default, (module.default as { default?: unknown } | undefined)?.default].find(
    (candidate) => typeof candidate === 'function',
  );
  if (!found) throw new CrudpError('driver_missing', `${driver} has no class as its default export`);
  return found as SqliteDriver;
}

async function importDriver(specifier: string): Promise<{ default?: unknown }> {
  try {
    return (await import(moduleOf(specifier))) as { default?: unknown };
  } catch (cause) {
    throw new CrudpError('driver_missing', `${specifier} can't be loaded`, { cause });
  }
}

/** The application's copy of a package, not one that happens to lie beside this one. */
function moduleOf(specifier: string): string {
  if (specifier.includes(':')) return specifier;
  try {
    const { resolve } = createRequire(join(process.cwd(), 'package.json'));
    return pathToFileURL(resolve(specifier)).href;
  } catch {
    // Started elsewhere than in the application's folder, or a package for `import` alone: Node decides.
    return specifier;
  }
}
