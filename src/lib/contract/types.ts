import type { ScalarKind, TypeNode, WrapperKind } from './field.ts';
import type { FileInput, FileValue, ReceivedFile } from './file.ts';
import { fieldsOf } from './node.ts';

declare const value: unique symbol;
declare const sent: unique symbol;
declare const received: unique symbol;
declare const mode: unique symbol;

/** How a field may be left out: not at all, by being undefined (`optional`), or by a default on the writer's side. */
type Presence = 'required' | 'optional' | 'default';

/**
 * A field type. `T` is the TypeScript type of its values; of files a client gives others (`S`), and a handler gets others
 * (`R`), than travel.
 *
 * Immutable; make one with the builders of this file (`u8()`, `list(string())` …) and use it as often as you like.
 */
export interface Type<T = unknown, P extends Presence = Presence, S = T, R = T> {
  readonly node: TypeNode;
  readonly fallback?: { readonly value: unknown };
  /** Exists in the type system only. */
  readonly [value]?: T;
  readonly [sent]?: S;
  readonly [received]?: R;
  readonly [mode]?: P;
}

/** The value of a type, with every default filled in: what a reader gets. */
export type ValueOf<X> = X extends Type<infer T, Presence, unknown, unknown> ? T : never;
/** What a client gives for a value of a type. */
export type SentOf<X> = X extends Type<unknown, Presence, infer S, unknown> ? S : never;
/** What a handler gets of it. */
export type ReceivedOf<X> = X extends Type<unknown, Presence, unknown, infer R> ? R : never;

export type Fields = Readonly<Record<string, Type>>;

type Optional = Type<unknown, 'optional'>;
type OmissibleKeys<F> = { [K in keyof F]: F[K] extends Optional ? K : never }[keyof F];
type WritableOmissibleKeys<F> = {
  [K in keyof F]: F[K] extends Optional | Type<unknown, 'default'> ? K : never;
}[keyof F];
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** An object as a reader gets it: optional fields may be missing, defaults are filled in. */
export type Read<F> = Flat<
  { [K in Exclude<keyof F, OmissibleKeys<F>>]: ValueOf<F[K]> } & { [K in OmissibleKeys<F>]?: ValueOf<F[K]> }
>;

/** An object as a writer may give it: optional fields and those with a default may be left out. */
export type Write<F> = Flat<
  { [K in Exclude<keyof F, WritableOmissibleKeys<F>>]: ValueOf<F[K]> } & {
    [K in WritableOmissibleKeys<F>]?: ValueOf<F[K]> | undefined;
  }
>;

/** As `Write`, with files as a client gives them. */
export type Send<F> = Flat<
  { [K in Exclude<keyof F, WritableOmissibleKeys<F>>]: SentOf<F[K]> } & {
    [K in WritableOmissibleKeys<F>]?: SentOf<F[K]> | undefined;
  }
>;

/** As `Read`, with files as a handler gets them. */
export type Receive<F> = Flat<
  { [K in Exclude<keyof F, OmissibleKeys<F>>]: ReceivedOf<F[K]> } & { [K in OmissibleKeys<F>]?: ReceivedOf<F[K]> }
>;

function scalar<T>(kind: ScalarKind): () => Type<T, 'required'> {
  const type: Type<T, 'required'> = Object.freeze({ node: Object.freeze({ kind }) });
  return () => type;
}

export const bool = scalar<boolean>('bool');
/** 0 … 255. */
export const u8 = scalar<number>('u8');
/** 0 … 65 535. */
export const u16 = scalar<number>('u16');
/** 0 … 2^32 - 1. */
export const u32 = scalar<number>('u32');
/** -128 … 127. */
export const i8 = scalar<number>('i8');
/** -32 768 … 32 767. */
export const i16 = scalar<number>('i16');
/** -2^31 … 2^31 - 1. */
export const i32 = scalar<number>('i32');
/** A safe integer: ±(2^53 - 1). */
export const int = scalar<number>('int');
/** A signed 64-bit integer, as a bigint. */
export const i64 = scalar<bigint>('i64');
/** Any number; decimals with up to 7 places take the room of integers. */
export const f64 = scalar<number>('f64');
export const string = scalar<string>('string');
/** A string of few distinct values (tags, units, country codes): each is written once per column. */
export const symbol = scalar<string>('symbol');
/** Milliseconds since 1970 UTC, as a safe integer. */
export const timestamp = scalar<number>('timestamp');
/** A Date of ±8.64e15 ms. */
export const date = scalar<Date>('date');
/** `<ticks>` or `<ticks>.<node>`: nanoseconds since 1970 and the number of the device that made it. */
export const unixid = scalar<string>('unixid');
export const bytes = scalar<Uint8Array>('bytes');
/** Whatever JSON.stringify takes. */
export const json = scalar<unknown>('json');
/** A file of any size: a client gives a Blob, a handler gets a `ReceivedFile`; in an answer it is its bytes. */
export function file(): Type<FileValue, 'required', FileInput, ReceivedFile> {
  return fileType;
}
const fileType: Type<FileValue, 'required', FileInput, ReceivedFile> = Object.freeze({
  node: Object.freeze({ kind: 'file' }),
});

/** One of the literals. Frozen once released; for a set that grows take `symbol`. */
export function enumOf<const L extends readonly [string, ...string[]]>(...literals: L): Type<L[number], 'required'> {
  return Object.freeze({ node: Object.freeze({ kind: 'enum', literals: Object.freeze([...literals]) }) });
}

/** May be undefined or missing. */
export function optional<T, S, R>(
  type: Type<T, Presence, S, R>,
): Type<T | undefined, 'optional', S | undefined, R | undefined> {
  return wrap('optional', type);
}

/** May be null. */
export function nullable<T, S, R>(type: Type<T, Presence, S, R>): Type<T | null, 'required', S | null, R | null> {
  return wrap('nullable', type);
}

export function list<T, S, R>(type: Type<T, Presence, S, R>): Type<T[], 'required', S[], R[]> {
  return wrap('list', type);
}

/** An object inside a record. Frozen once released: it cannot get new fields. */
export function struct<F extends Fields>(fields: F): Type<Read<F>, 'required', Send<F>, Receive<F>> {
  return Object.freeze({ node: Object.freeze({ kind: 'struct', fields: fieldsOf(fields) }) });
}

/**
 * A field with a default: a writer may leave it out, and a reader whose peer does not know it yet gets the default.
 *
 * @param value Copied for each record where it is an object.
 */
export function withDefault<T>(type: Type<T>, value: NoInfer<T>): Type<T, 'default'> {
  if (value === undefined) throw new TypeError('[bad_shape] a default of undefined: use optional()');
  return Object.freeze({ node: type.node, fallback: Object.freeze({ value }) });
}

function wrap<X extends Type>(kind: WrapperKind, { node: inner, fallback }: Type): X {
  if (fallback) throw new TypeError(`[bad_shape] a default inside ${kind}: put withDefault() around it`);
  // Its value types exist in the type system only.
  return Object.freeze({ node: Object.freeze({ kind, inner }) }) as X;
}
