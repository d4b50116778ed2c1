import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspect, type Shapes, type Span } from '../../demo/inspector.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';

type ShapeText = Record<string, string[] | null>;
interface Vector {
  readonly name: string;
  readonly shapes: ShapeText;
  readonly reader?: ShapeText;
  readonly hex: string;
  readonly kind?: string;
  readonly value?: {
    readonly outbox?: string;
    readonly packets?: readonly { readonly records: readonly unknown[] }[];
    readonly results?: readonly { readonly records: readonly unknown[] }[];
  };
}

const vectors = readFileSync(new URL('../vectors/frames.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Vector)
  .filter(({ hex }) => hex !== undefined);
const readable = vectors.filter(({ name }) => /^(valid|evolution|accepted)\//.test(name));
const valid = vectors.filter(({ name }) => name.startsWith('valid/'));

function shapesOf(text: ShapeText): Shapes {
  const table = new Map(Object.entries(text).map(([route, fields]) => [Number(route), fields && parseShape(fields)]));
  return { inputs: table, outputs: table };
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Where a byte is in no span, or in two; -1: nowhere. */
function firstGap(spans: readonly Span[], frameBytes: number): number {
  let at = 0;
  for (const { offset, length } of spans) {
    if (offset !== at || length < 1) return at;
    at += length;
  }
  return at === frameBytes ? -1 : at;
}

describe('inspect', () => {
  it.each(readable)('explains each byte of $name once', ({ hex, shapes, reader }) => {
    const frame = bytesOf(hex);
    const spans = inspect(frame, shapesOf(reader ?? shapes));
    expect(firstGap(spans, frame.length)).toBe(-1);
    expect(spans.filter(({ label }) => label === 'not understood')).toEqual([]);
    expect(spans.at(-1)?.label).toBe('check');
  });

  it.each(valid)('skips nothing of $name that its contract knows', ({ hex, shapes }) => {
    const skipped = inspect(bytesOf(hex), shapesOf(shapes)).filter(({ label }) => label.endsWith('skipped'));
    expect(skipped).toEqual([]);
  });

  it.each(valid)('tells how many packets $name has, and whose', ({ hex, shapes, value }) => {
    const spans = inspect(bytesOf(hex), shapesOf(shapes));
    const said = (label: string) => spans.find((span) => span.label === label)?.value;
    expect(said('count')).toBe(String((value?.packets ?? value?.results)?.length));
    expect(said('outbox')).toBe(value?.outbox);
  });

  it('explains each byte of a damaged frame once too', () => {
    for (const { hex, shapes } of vectors) {
      const table = shapesOf(shapes);
      const frame = bytesOf(hex);
      for (let cut = 0; cut <= frame.length; cut += 1 + (frame.length >> 5)) {
        expect(firstGap(inspect(frame.subarray(0, cut), table), cut)).toBe(-1);
      }
      for (let at = 0; at < frame.length; at += 1 + (frame.length >> 5)) {
        const damaged = frame.slice();
        damaged[at] = (damaged[at] as number) ^ 0x55;
        expect(firstGap(inspect(damaged, table), damaged.length)).toBe(-1);
      }
    }
  });

  it('reads a request of two packets as its protocol says', () => {
    const { hex, shapes } = valid.find(({ name }) => name === 'valid/request/small-1') as Vector;
    const spans = inspect(bytesOf(hex), shapesOf(shapes), (route) => `things.${route}`);
    expect(spans.map(({ offset, length, label, value }) => `${offset}+${length} ${label}: ${value}`)).toEqual([
      '0+1 magic: a CRUDP frame',
      '1+1 kind: request, version 1',
      '2+1 flags: atomic groups',
      '3+8 outbox: 3a902931cd447e35',
      '11+2 first: 1000',
      '13+1 oldest: everything below 950 is done',
      '14+1 count: 1',
      '15+1 seq: packets 1000',
      '16+2 route: things.522',
      '18+1 items: 0 (records in each packet)',
      '19+1 atomic groups: 1',
      '20+1 groups: 0',
      '21+4 check: fe d2 06 74',
    ]);
  });
});
