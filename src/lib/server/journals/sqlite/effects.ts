import type { Effect, EffectFailure } from '../../journal.ts';
import type { Connection, SqliteValue } from './connection.ts';
import { isConstraint, storageFailure } from './failure.ts';

/** An effect that has been judged: its parameters are of types that every driver binds. */
export interface PreparedEffect {
  readonly sql: string;
  readonly params: readonly SqliteValue[];
  readonly expectChanges?: number;
}

/** Thrown inside a transaction, so that the whole completion is undone. */
export class EffectRefused extends Error {
  readonly outcome: EffectFailure;

  constructor(outcome: EffectFailure) {
    super(outcome.message);
    this.outcome = outcome;
  }
}

/** Judges effects before they go to the database. @throws {EffectRefused} */
export function prepareEffects(effects: readonly Effect[]): PreparedEffect[] {
  return effects.map(({ sql, params, expectChanges }, index) => {
    const values = params.map(bindable);
    const fault = faultOf(sql, params.length) ?? values.find((value) => value instanceof Error)?.message;
    if (fault !== undefined) throw new EffectRefused({ kind: 'effect_failed', index, message: fault });
    const prepared = { sql, params: values as SqliteValue[] };
    return expectChanges === undefined ? prepared : { ...prepared, expectChanges };
  });
}

/** Runs effects in the transaction that is open. @throws {EffectRefused} */
export function runEffects(db: Connection, effects: readonly PreparedEffect[]): void {
  for (const [index, { sql, params, expectChanges }] of effects.entries()) {
    let changes = 0;
    try {
      db.run(sql, ...params);
      if (expectChanges === undefined) continue;
      // Asked, not read from what `run` returns: the drivers differ in it.
      changes = db.get<{ changes: number }>('SELECT changes() AS changes')?.changes ?? 0;
    } catch (error) {
      if (storageFailure(error)) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new EffectRefused({ kind: 'effect_failed', index, message, ...constraintFact(error) });
    }
    if (changes !== expectChanges) {
      const message = `${changes} rows changed where ${expectChanges} were expected`;
      throw new EffectRefused({ kind: 'effect_failed', index, changes, message });
    }
  }
}

export function constraintFact(error: unknown): { isConstraint?: true } {
  return isConstraint(error) ? { isConstraint: true } : {};
}

const quotedOrComment = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

const changing = /^\s*(?:with\b(?:(?!\b(?:select|values)\b)[\s\S])*?)?\b(?:insert|update|delete|replace)\b/i;

/** A statement without what stands in parentheses: common table expressions hold verbs of their own. */
function topLevel(sql: string): string {
  for (let text = sql; ; ) {
    const less = text.replace(/\([^()]*\)/g, ' ');
    if (less === text) return text;
    text = less;
  }
}

const judged = new Map<string, Statement>();
/** Statements are written in code, so there are few; whoever builds them from values only loses the memory. */
const maxJudged = 256;

function faultOf(sql: string, paramCount: number): string | undefined {
  let statement = judged.get(sql);
  if (!statement) {
    statement = judge(sql);
    if (judged.size === maxJudged) judged.clear();
    judged.set(sql, statement);
  }
  if (statement.fault !== undefined || statement.places === paramCount) return statement.fault;
  return `${statement.places} parameters are written, ${paramCount} given`;
}

interface Statement {
  readonly fault?: string;
  readonly places: number;
}

function judge(sql: string): Statement {
  const bare = sql.replace(quotedOrComment, (text) => (/^(?:--|\/\*)/.test(text) ? ' ' : 'quoted'));
  const fault = statementFault(sql, bare);
  return { places: bare.split('?').length - 1, ...(fault !== undefined && { fault }) };
}

/**
 * What makes a statement unfit for a transaction that is the journal's: it could end it, or change the journal's own
 * tables. The drivers would not tell: they ignore a second statement, take missing parameters for NULL.
 */
function statementFault(sql: string, bare: string): string | undefined {
  // Inside quotes too, which may quote a name.
  if (/crudp_/i.test(sql)) return "tables whose names begin with crudp_ are the journal's";
  if (sql.includes('\0')) return 'a statement holds no NUL';
  if (!changing.test(topLevel(bare))) return 'an effect inserts, updates, deletes or replaces';
  // libsql leaves a statement that has rows to give under way, and with it the transaction.
  if (/\breturning\b/i.test(bare)) return 'an effect returns nothing';
  if (/;\s*\S/.test(bare)) return 'an effect is one statement';
  if (/\?\d|(?<![\w$])[:@$#][A-Za-z_]/.test(bare)) return 'parameters are written ?, without names or numbers';
  return undefined;
}

function bindable(value: unknown): SqliteValue | TypeError {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) return value;
  // Copied: it is given away to the thread.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return new TypeError('a parameter is null, a boolean, number, string, Uint8Array or bigint of 64 bits');
}
