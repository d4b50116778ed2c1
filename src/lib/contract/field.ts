/** The name of a field type, as it stands in a descriptor (PROTOCOL.md B.1). */
export type ScalarKind =
  | 'bool'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'int'
  | 'i64'
  | 'f64'
  | 'string'
  | 'symbol'
  | 'timestamp'
  | 'date'
  | 'unixid'
  | 'bytes'
  | 'json'
  | 'file';

export type WrapperKind = 'optional' | 'nullable' | 'list';

/** A type as the codec sees it: plain data, frozen, judged when it was made. */
export type TypeNode =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'enum'; readonly literals: readonly string[] }
  | { readonly kind: WrapperKind; readonly inner: TypeNode }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] };

/** A named, typed place in a shape or struct. `fallback` is set where a default was given (shape fields only). */
export interface Field {
  readonly name: string;
  readonly type: TypeNode;
  readonly fallback?: { readonly value: unknown };
}

/** What the codec needs of a shape. `Shape` of shape.ts adds the TypeScript type of its records. */
export interface RecordShape {
  readonly fields: readonly Field[];
  /** True where a record is the bare value of the single field, whose name is empty. */
  readonly bare: boolean;
  /** `name:type` of each field (B.3). */
  readonly descriptors: readonly string[];
  /** sign[i] of each field (B.3). */
  readonly signature: Uint16Array;
}

/** Shapes by route (handler * 4 + action); null: the route is known and has no shape in this direction. */
export type ShapeTable = ReadonlyMap<number, RecordShape | null>;

/** What a codec must know of a contract: request records have input shapes, response and push records output shapes. */
export interface Schema {
  readonly inputs: ShapeTable;
  readonly outputs: ShapeTable;
}
