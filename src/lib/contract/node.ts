import { LIMIT_NESTING } from '../../../assembly/protocol.ts';
import type { Field, TypeNode } from './field.ts';

/** A shape that the protocol has no room for is a programmer's fault, so it is a TypeError. */
export function badShape(descriptor: string, reason: string): TypeError {
  return new TypeError(`[bad_shape] ${descriptor}: ${reason}`);
}

/** The text of a type as B.1 and B.3 write it. */
export function describe(node: TypeNode): string {
  switch (node.kind) {
    case 'optional':
    case 'nullable':
    case 'list':
      return `${node.kind}<${describe(node.inner)}>`;
    case 'struct':
      return `{${node.fields.map(describeField).join(',')}}`;
    case 'enum':
      return `enum<${node.literals.join(',')}>`;
    default:
      return node.kind;
  }
}

export function describeField(field: Field): string {
  return `${field.name}:${describe(field.type)}`;
}

/**
 * Refuses what B.1 says is no type.
 *
 * @throws {TypeError} `bad_shape`.
 */
export function judgeType(node: TypeNode, descriptor: string, wrappers = 0): void {
  switch (node.kind) {
    case 'optional':
    case 'nullable':
      judgeChain(node, descriptor);
      judgeType(node.inner, descriptor, deeper(wrappers, descriptor));
      return;
    case 'list':
      judgeType(node.inner, descriptor, deeper(wrappers, descriptor));
      return;
    case 'struct':
      judgeFields(node.fields, descriptor);
      for (const field of node.fields) {
        // Nested structs are frozen (B.2): a default would promise that they may grow.
        if (field.fallback) throw badShape(descriptor, `${field.name} has a default inside a struct`);
        judgeType(field.type, descriptor, deeper(wrappers, descriptor));
      }
      return;
    case 'enum':
      judgeLiterals(node.literals, descriptor);
  }
}

const fieldName = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** Field names become properties and, where code is generated, source text: only plain identifiers pass. */
export function judgeFields(fields: readonly Field[], descriptor: string): void {
  if (fields.length === 0) throw badShape(descriptor, 'a struct needs at least one field');
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (!fieldName.test(name) || name === '__proto__') {
      throw badShape(descriptor, `${JSON.stringify(name)} is not a field name (letters, digits, _ and $)`);
    }
    if (seen.has(name)) throw badShape(descriptor, `${name} is there twice`);
    seen.add(name);
  }
}

function deeper(wrappers: number, descriptor: string): number {
  if (wrappers === LIMIT_NESTING) throw badShape(descriptor, `more than ${LIMIT_NESTING} wrappers around a scalar`);
  return wrappers + 1;
}

// Absent and null would each have two encodings, and null inside JSON could not be told from the null around it.
function judgeChain(node: TypeNode, descriptor: string): void {
  const seen = new Set<string>();
  let inner = node;
  while (inner.kind === 'optional' || inner.kind === 'nullable') {
    if (seen.has(inner.kind)) throw badShape(descriptor, `${inner.kind} twice in one chain`);
    seen.add(inner.kind);
    inner = inner.inner;
  }
  if (inner.kind === 'json' && seen.has('nullable')) throw badShape(descriptor, 'json has a null of its own');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters that B.1 excludes.
const badLiteral = /[,<>{}\u0000-\u0020\u007f]/;

function judgeLiterals(literals: readonly string[], descriptor: string): void {
  if (literals.length === 0) throw badShape(descriptor, 'an enum needs at least one literal');
  const seen = new Set<string>();
  for (const literal of literals) {
    if (literal === '' || badLiteral.test(literal) || !literal.isWellFormed()) {
      throw badShape(descriptor, `${JSON.stringify(literal)} is not an enum literal`);
    }
    if (seen.has(literal)) throw badShape(descriptor, `${literal} is there twice`);
    seen.add(literal);
  }
}

/** What a type gives for a field of its own. */
export interface Typed {
  readonly node: TypeNode;
  readonly fallback?: { readonly value: unknown };
}

/** The fields of an object of types, in its order. */
export function fieldsOf(types: Readonly<Record<string, Typed>>): readonly Field[] {
  return Object.freeze(
    Object.entries(types).map(([name, { node, fallback }]) =>
      Object.freeze(fallback ? { name, type: node, fallback } : { name, type: node }),
    ),
  );
}
