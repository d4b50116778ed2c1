import {
  LIMIT_FRAME_BYTES,
  LIMIT_STRING_UNITS,
  OP_BOOL,
  OP_DATE,
  OP_F64,
  OP_NULLABLE,
  OP_OPTIONAL,
  OP_STRING,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../../assembly/protocol.ts';
import type { Column, Gatherer, Gathering, Rest, Struct } from '../plan.ts';
import { isInherited } from './inherited.ts';
import { type Range, ranges } from './ranges.ts';
import { tooMuchText } from './write-text.ts';

/** A kind of column whose elements generated code writes. */
interface Direct {
  readonly view: 'f64' | 'i32' | 'u8';
  /** Of a byte address to an index in the view. */
  readonly shift: 3 | 2 | 0;
  /** Code for the value `v` and its element `e`. What it leaves to others goes to `c`; what is wrong returns false. */
  readonly code: (v: string, e: string, c: string) => string;
  /** What it leaves: all strings as one, or the values of the column below. */
  readonly leaves?: 'text' | 'values';
}

function present(absent: string): Direct {
  const code = (v: string, e: string, c: string) => `if(${v}!==${absent}){${e}=1;${c}.push(${v});}`;
  return { view: 'u8', shift: 0, leaves: 'values', code };
}

function whole([least, most]: Range): Direct {
  // NaN, strings and fractions fail too. + 0 makes 0 of -0.
  const code = (v: string, e: string) =>
    `if(!(Number.isInteger(${v})&&${v}>=${least}&&${v}<=${most}))return false;${e}=${v}+0;`;
  return most > 0xffffffff ? { view: 'f64', shift: 3, code } : { view: 'i32', shift: 2, code };
}

const kinds: Readonly<Record<number, Direct>> = {
  ...Object.fromEntries(Object.entries(ranges).map(([op, range]) => [op, whole(range)])),
  [OP_BOOL]: { view: 'u8', shift: 0, code: (v, e) => `if(typeof ${v}!=='boolean')return false;${e}=${v}?1:0;` },
  [OP_F64]: { view: 'f64', shift: 3, code: (v, e) => `if(typeof ${v}!=='number')return false;${e}=${v};` },
  [OP_DATE]: {
    view: 'f64',
    shift: 3,
    code: (v, e) => `if(!(${v} instanceof Date)||Number.isNaN(${e}=${v}.getTime()))return false;`,
  },
  [OP_STRING]: {
    view: 'i32',
    shift: 2,
    leaves: 'text',
    code: (v, e, c) =>
      `if(typeof ${v}!=='string'||(${e}=${v}.length)>${LIMIT_STRING_UNITS})return false;if((${c}+=${v}).length>${LIMIT_FRAME_BYTES})throw x.tooMuchText();`,
  },
  [OP_OPTIONAL]: present('undefined'),
  [OP_NULLABLE]: present('null'),
};

/** How a struct's or shape's fields are gathered, made once. Only where functions may be generated. */
export function gatheringOf(struct: Struct): Gathering {
  struct.gathering ??= generate(struct);
  return struct.gathering;
}

/**
 * One function per shape: each property is read at a place of its own in the code, where the engine learns where it lies,
 * and what is a number in the arena goes there without a list in between.
 *
 * Field names are identifiers (B.1, judged when the shape was made); they are quoted all the same. Defaults are values of
 * the shape's author, and handed in.
 */
function generate({ fields, columns }: Struct): Gathering {
  const rest: Rest[] = [];
  const begin: string[] = [];
  const loop: string[] = [];
  const end: string[] = [];
  const { places, bytes } = placesOf(columns);
  let slot = 0;
  let cost = 0;
  for (const [i, column] of columns.entries()) {
    const { name, fallback } = fields[i] as Struct['fields'][number];
    const direct = kinds[column.op];
    const [v, c] = [`v${i}`, `c${i}`];
    const key = JSON.stringify(name);
    loop.push(`let ${v}=${isInherited(name) ? `Object.hasOwn(o,${key})?o[${key}]:undefined` : `o[${key}]`};`);
    if (fallback !== undefined) loop.push(`if(${v}===undefined)${v}=x.defaults[${i}];`);
    if (direct === undefined) {
      begin.push(`const ${c}=new Array(n);`);
      loop.push(`${c}[i]=${v};`);
      end.push(`rest[${rest.length}]=${c};`);
      rest.push({ column, slot });
    } else {
      const { view, shift, code, leaves } = direct;
      const word = (at: number) => `u32[slot+${slot + at}]`;
      begin.push(
        `const a${i}=at+${places[i]}*n;${word(SLOT_COUNT)}=n;${word(SLOT_VALUES)}=a${i};const p${i}=a${i}>>>${shift};`,
      );
      loop.push(`{${code(v, `${view}[p${i}+i]`, c)}}`);
      cost += column.cost;
      if (leaves !== undefined) {
        begin.push(`let ${c}=${leaves === 'text' ? "''" : '[]'};`);
        end.push(`rest[${rest.length}]=${c};`);
        rest.push({ column: column.inner, slot: leaves === 'text' ? slot : slot + SLOT_WORDS });
        if (leaves === 'values') end.push(`${word(SLOT_EXTRA)}=${c}.length;`);
      }
    }
    slot += SLOT_WORDS * column.nodes;
  }
  const body = `return(r,{u8,i32,u32,f64},at,slot,rest)=>{const n=r.length;${begin.join('')}for(let i=0;i<n;i++){const o=r[i];if(typeof o!=='object'||o===null)return false;${loop.join('')}}${end.join('')}return true}`;
  const given = { defaults: fields.map(({ fallback }) => fallback?.value), tooMuchText };
  return { write: new Function('x', body)(given) as Gatherer, bytes, cost, rest };
}

/** Where the columns of n objects begin, divided by n: the widest elements first, so that each stands where its width wants it. */
function placesOf(columns: readonly Column[]): { readonly places: readonly number[]; readonly bytes: number } {
  const places: number[] = [];
  let bytes = 0;
  for (const shift of [3, 2, 0]) {
    for (const [i, { op }] of columns.entries()) {
      if (kinds[op]?.shift !== shift) continue;
      places[i] = bytes;
      bytes += 1 << shift;
    }
  }
  return { places, bytes };
}
