import type { Field, RecordShape, ScalarKind, TypeNode } from './field.ts';
import { badShape } from './node.ts';
import { makeShape } from './record-shape.ts';

const scalars: ReadonlySet<string> = new Set<ScalarKind>([
  'bool',
  'u8',
  'u16',
  'u32',
  'i8',
  'i16',
  'i32',
  'int',
  'i64',
  'f64',
  'string',
  'symbol',
  'timestamp',
  'date',
  'unixid',
  'bytes',
  'json',
  'file',
]);

/**
 * Makes a shape of descriptors (`name:type`, B.3), as `shape.descriptors` gives them.
 *
 * @param descriptors One per field; a bare value is one with an empty name, `[':unixid']`.
 * @throws {TypeError} `bad_shape`: the text is not a descriptor, or B.1 excludes the type.
 */
export function parseShape(descriptors: readonly string[]): RecordShape {
  return makeShape(descriptors.map(parseField));
}

function parseField(text: string): Field {
  const parser = new Parser(text);
  const field = parser.field();
  parser.end();
  return field;
}

/** A recursive descent over one descriptor. Depth is bounded by the text, and refused beyond the limit by `makeShape`. */
class Parser {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    // The nesting limit bounds a legal descriptor's depth; this bounds the recursion before it is judged.
    if (text.length > 65_536) throw badShape(`${text.slice(0, 40)}…`, 'the descriptor is too long');
    this.text = text;
  }

  field(): Field {
    const name = this.until(':');
    this.expect(':');
    return { name, type: this.type() };
  }

  end(): void {
    if (this.at < this.text.length) throw this.fault('nothing more');
  }

  private type(depth = 0): TypeNode {
    if (depth > 64) throw badShape(`${this.text.slice(0, 40)}…`, 'nested too deeply');
    if (this.peek('{')) return this.struct(depth);
    const word = this.until(',<>{}');
    if (word === 'enum') return this.enumeration();
    if (word === 'optional' || word === 'nullable' || word === 'list') {
      this.expect('<');
      const inner = this.type(depth + 1);
      this.expect('>');
      return { kind: word, inner };
    }
    if (!scalars.has(word)) throw badShape(this.text, `${JSON.stringify(word)} is not a type`);
    return { kind: word as ScalarKind };
  }

  private struct(depth: number): TypeNode {
    const fields: Field[] = [];
    this.expect('{');
    do {
      const name = this.until(':,{}<>');
      this.expect(':');
      fields.push({ name, type: this.type(depth + 1) });
    } while (this.accept(','));
    this.expect('}');
    return { kind: 'struct', fields };
  }

  private enumeration(): TypeNode {
    this.expect('<');
    const literals: string[] = [];
    do literals.push(this.until(',>'));
    while (this.accept(','));
    this.expect('>');
    return { kind: 'enum', literals };
  }

  private until(stops: string): string {
    const start = this.at;
    while (this.at < this.text.length && !stops.includes(this.text.charAt(this.at))) this.at++;
    return this.text.slice(start, this.at);
  }

  private peek(char: string): boolean {
    return this.text.charAt(this.at) === char;
  }

  private accept(char: string): boolean {
    if (!this.peek(char)) return false;
    this.at++;
    return true;
  }

  private expect(char: string): void {
    if (!this.accept(char)) throw this.fault(`"${char}"`);
  }

  private fault(wanted: string): TypeError {
    return badShape(this.text, `expected ${wanted} at character ${this.at}`);
  }
}
