import type { RecordShape } from './field.ts';
import { fieldsOf } from './node.ts';
import { makeShape } from './record-shape.ts';
import type { Fields, Read, Receive, ReceivedOf, Send, SentOf, Type, ValueOf, Write } from './types.ts';

/** The ordered, typed fields of an action's records. `In` is what a writer gives, `Out` what a reader gets. */
export interface Shape<In = unknown, Out = unknown, F extends Fields = Fields> extends RecordShape {
  /** Exists in the type system only. */
  readonly types?: { readonly in: In; readonly out: Out };
  /** The same fields, each optional, but for those excepted: the shape of a change. */
  partial<E extends keyof F & string = never>(options?: { except: readonly E[] }): PartialShape<F, E>;
}

/** Stands between a field map and its shape so that declarations stay short. */
export type ShapeOf<F extends Fields> = Shape<Write<F>, Read<F>, F>;

type PartialFields<F extends Fields, E extends PropertyKey> = {
  [K in keyof F]: K extends E
    ? F[K]
    : Type<
        Exclude<ValueOf<F[K]>, undefined> | undefined,
        'optional',
        Exclude<SentOf<F[K]>, undefined> | undefined,
        Exclude<ReceivedOf<F[K]>, undefined> | undefined
      >;
};
export type PartialShape<F extends Fields, E extends keyof F> = ShapeOf<PartialFields<F, E>>;

/** What a reader gets of a shape's record, or of a type's value. */
export type Infer<X> = X extends Shape<unknown, infer Out, never> ? Out : X extends Type ? ValueOf<X> : never;

/** What a writer may give as a shape's record: optional fields and those with a default may be missing. */
export type InferWrite<X> = X extends Shape<infer In, unknown, never> ? In : X extends Type ? ValueOf<X> : never;

/** What a client may give as a shape's record: as `InferWrite`, but for files. */
export type InferSend<X> = X extends Shape<unknown, unknown, infer F> ? Send<F> : X extends Type ? SentOf<X> : never;

/** What a handler gets of a shape's record: as `Infer`, but for files. */
export type InferReceive<X> =
  X extends Shape<unknown, unknown, infer F> ? Receive<F> : X extends Type ? ReceivedOf<X> : never;

/**
 * Makes a shape of named fields, in their order.
 *
 * A released shape only grows: new fields at the end, each `optional` or `withDefault`.
 *
 * @throws {TypeError} `bad_shape` for what the protocol has no room for (PROTOCOL.md B.1).
 */
export function shape<F extends Fields>(fields: F): ShapeOf<F> {
  const made = makeShape(fieldsOf(fields));
  const partial = (options?: { except: readonly string[] }) => {
    const kept = new Set(options?.except);
    return shape(
      Object.fromEntries(
        Object.entries(fields).map(([name, type]) => [name, kept.has(name) ? type : optionalOf(type)] as const),
      ),
    );
  };
  return Object.freeze({ ...made, partial }) as ShapeOf<F>;
}

/** The shape of records that are bare values. */
export function bareShape<T>(type: Type<T>): RecordShape {
  return makeShape([{ name: '', type: type.node }]);
}

function optionalOf({ node }: Type): Type {
  return { node: node.kind === 'optional' ? node : { kind: 'optional', inner: node } };
}
