import type { Issue } from '../errors.ts';

/**
 * What a validator offers that keeps to Standard Schema (https://standardschema.dev), as zod, valibot and arktype do: the
 * interface is made to be copied, so that nobody depends on anybody.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A packet's records as a validator lets them through, or what it has against them. */
export type Validated = { readonly records: readonly unknown[] } | { readonly issues: readonly Issue[] };

/** Validates each record. What the validator makes of a value, a default or a trimmed text, is what the handler gets. */
export async function validateRecords(schema: StandardSchema, records: readonly unknown[]): Promise<Validated> {
  const valid: unknown[] = [];
  const issues: Issue[] = [];
  for (const [index, record] of records.entries()) {
    const result = await schema['~standard'].validate(record);
    if (!result.issues) valid.push(result.value);
    else
      for (const { path = [], message } of result.issues) issues.push({ path: [index, ...path.map(segment)], message });
  }
  return issues.length > 0 ? { issues } : { records: valid };
}

export function isStandardSchema(value: unknown): value is StandardSchema {
  // arktype's are functions.
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const standard = isHolder ? (value as Partial<StandardSchema>)['~standard'] : undefined;
  return standard?.version === 1 && typeof standard.validate === 'function';
}

function segment(part: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof part === 'object' ? part.key : part;
  return typeof key === 'symbol' ? String(key) : key;
}
