import {
  OP_BYTES,
  OP_ENUM,
  OP_JSON,
  OP_LIST,
  OP_NULLABLE,
  OP_STRING,
  OP_SYMBOL,
  OP_UNIXID,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../../assembly/protocol.ts';
import type { Field } from '../../contract/field.ts';
import type { Column, Struct } from '../plan.ts';
import { unixidOf } from '../unixid-text.ts';
import { elements } from './elements.ts';
import type { Builder } from './materials.ts';
import { blobsOf, dictionaryOf, textOf } from './read-column.ts';

/** The builder of all of a shape's fields, made once. Only where functions may be generated. */
export function builderOf(struct: Struct, isBare: boolean): Builder {
  struct.builder ??= new Generation().builder(struct, isBare);
  return struct.builder;
}

/** Code that makes one value: statements, and then an expression that moves the cursors it reads by. */
interface Reading {
  readonly before: string;
  readonly value: string;
}

/** Lists of so many elements are written out. */
const literalSizes = [0, 1, 2, 3];

/**
 * One function per shape, which reads the slots' cursors, makes each record whole, lists and structs in it included, and
 * writes the cursors back. An object literal gets one hidden class, and what lies in the arena comes straight out of it.
 *
 * Field names are identifiers (B.1, judged when the shape was made); they are quoted all the same. Literals of enums are
 * values of the shape's author, and handed in.
 */
class Generation {
  private begin = '';
  private end = '';
  private readonly literals: (readonly string[])[] = [];

  builder(struct: Struct, isBare: boolean): Builder {
    const { before, value } = isBare ? this.read(struct.columns[0] as Column, 0) : this.object(struct, 0);
    const body = `const{literals,text,dictionary,blobs,unixid}=x;return(n,m,w,r)=>{const{u8,i32,u32,f64,i64}=m.heap;${this.begin}const out=new Array(n);for(let i=0;i<n;i++){${before}out[i]=${value};}${this.end}return out;}`;
    const { literals } = this;
    const given = { literals, text: textOf, dictionary: dictionaryOf, blobs: blobsOf, unixid: unixidOf };
    return new Function('x', body)(given) as Builder;
  }

  /** @param node The first field's. */
  private object({ fields, columns }: Struct, node: number): Reading {
    let before = '';
    const present: string[] = [];
    let omissible = '';
    let k = node;
    for (const [i, column] of columns.entries()) {
      const { name, type } = fields[i] as Field;
      const key = JSON.stringify(name);
      const reading = this.read(column, k);
      before += reading.before;
      if (type.kind === 'optional') {
        before += `const e${k}=${reading.value};`;
        omissible += `if(e${k}!==undefined)o${node}[${key}]=e${k};`;
      } else present.push(`${key}:${reading.value}`);
      k += column.nodes;
    }
    const value = `{${present.join(',')}}`;
    if (omissible === '') return { before, value };
    return { before: `${before}const o${node}=${value};${omissible}`, value: `o${node}` };
  }

  private read({ op, inner, struct, literals }: Column, k: number): Reading {
    if (struct !== null) return this.object(struct, k + 1);
    const [p, q, t] = [`p${k}`, `q${k}`, `t${k}`];
    const element = elements[op];
    if (element) {
      this.cursor(p, k, SLOT_VALUES, element.shift);
      return { before: '', value: (element.code ?? String)(`${element.view}[${p}++]`) };
    }
    switch (op) {
      case OP_STRING:
        this.ready(t, k, 'text');
        this.cursor(p, k, SLOT_VALUES, 2);
        this.cursor(q, k, SLOT_SECOND, 0);
        return { before: '', value: `${t}.substring(${q},${q}+=u32[${p}++])` };
      case OP_SYMBOL:
        this.ready(t, k, 'dictionary');
        this.cursor(p, k, SLOT_SECOND, 2);
        // One of one has no indices.
        return { before: '', value: `${t}[${p}===0?0:u32[${p}++]]` };
      case OP_ENUM:
        this.begin += `const ${t}=literals[${this.literals.push(literals) - 1}];`;
        this.cursor(p, k, SLOT_VALUES, 2);
        return { before: '', value: `${t}[i32[${p}++]]` };
      case OP_UNIXID:
        this.cursor(p, k, SLOT_VALUES, 2);
        this.cursor(q, k, SLOT_SECOND, 2);
        return { before: '', value: `unixid(u32,(${p}+=2)-2,(${q}+=2)-2)` };
      case OP_BYTES:
        this.begin += `const ${t}=blobs(m);`;
        this.cursor(p, k, SLOT_VALUES, 2);
        this.cursor(q, k, SLOT_TEXT, 0);
        return { before: '', value: `${t}(${q},${q}+=u32[${p}++])` };
      case OP_JSON:
        this.begin += `const ${t}=r[${k}];`;
        this.cursor(p, k, SLOT_SECOND, 0);
        return { before: '', value: `${t}[${p}++]` };
      default:
        this.cursor(p, k, SLOT_VALUES, op === OP_LIST ? 2 : 0);
        return op === OP_LIST ? this.list(inner as Column, k) : this.presence(op, inner as Column, k);
    }
  }

  private presence(op: number, inner: Column, k: number): Reading {
    const absent = op === OP_NULLABLE ? 'null' : 'undefined';
    const { before, value } = this.read(inner, k + 1);
    if (before === '') return { before, value: `(u8[p${k}++]===1?${value}:${absent})` };
    return { before: `let v${k}=${absent};if(u8[p${k}++]===1){${before}v${k}=${value};}`, value: `v${k}` };
  }

  private list(inner: Column, k: number): Reading {
    const { before, value } = this.read(inner, k + 1);
    const [v, n, j] = [`v${k}`, `n${k}`, `j${k}`];
    const loop = `${v}=new Array(${n});for(let ${j}=0;${j}<${n};${j}++){${before}${v}[${j}]=${value};}`;
    const isScalar = inner.inner === null && inner.struct === null;
    // Lists are mostly short, and a literal is made in place.
    const body = isScalar
      ? `switch(${n}){${literalSizes.map((size) => `case ${size}:${v}=[${new Array(size).fill(value)}];break;`).join('')}default:${loop}}`
      : loop;
    return { before: `const ${n}=u32[p${k}++];let ${v};${body}`, value: v };
  }

  /** A variable that begins at what a word of the node's slot says, and tells it at the end. */
  private cursor(variable: string, k: number, word: number, shift: number): void {
    const place = `u32[w+${k * SLOT_WORDS + word}]`;
    this.begin += `let ${variable}=${place}>>>${shift};`;
    this.end += `${place}=${variable}<<${shift};`;
  }

  /** A variable that holds what is made once for the whole column. */
  private ready(variable: string, k: number, make: string): void {
    this.begin += `const ${variable}=r[${k}]??=${make}(m,w+${k * SLOT_WORDS});`;
  }
}
