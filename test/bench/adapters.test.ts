import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { carries, codecNames, inParts, loadAdapter, ownCodecs } from '../../bench/adapter.ts';
import { makeWorkload, workloadNames } from '../../bench/fixtures.ts';
import { floorOf } from '../../bench/floor.ts';

const rivalsInstalled = existsSync(new URL('../../bench/node_modules/avsc', import.meta.url));

/**
 * Where what a codec gave differs from what it was given, read as an application would, field by field. A field that is
 * absent may be undefined or null; a field may come from a prototype (protobufjs) or beside others (bufbuild).
 */
function difference(given: unknown, got: unknown, path = 'packets'): string | undefined {
  if (given === undefined || given === null) return got === undefined || got === null ? undefined : `${path} is there`;
  if (typeof given !== 'object')
    return Object.is(given, got) ? undefined : `${path}: ${String(given)} became ${String(got)}`;
  if (typeof got !== 'object' || got === null) return `${path} is no object`;
  if (given instanceof Uint8Array) {
    return got instanceof Uint8Array && Buffer.compare(given, got) === 0 ? undefined : `${path}: other bytes`;
  }
  if (Array.isArray(given) && !(Array.isArray(got) && got.length === given.length)) return `${path}: another length`;
  for (const [name, value] of Object.entries(given)) {
    const found = difference(value, (got as Record<string, unknown>)[name], `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('Benchmark adapters', () => {
  for (const codec of codecNames) {
    // Without `npm ci` in bench/ the rivals are not there.
    describe.skipIf(!rivalsInstalled && !ownCodecs.includes(codec))(codec, () => {
      it.each(workloadNames.filter((name) => carries(codec, name)))('gives %s back as it was', async (name) => {
        const workload = makeWorkload(name);
        const bound = (await loadAdapter(codec)).bind(workload);
        const bytes = bound.encode();
        const kept = bytes.slice();
        expect(difference(workload.packets, bound.packetsIn(bound.decode(bytes)))).toBeUndefined();
        bound.encode();
        expect(Buffer.compare(bytes, kept), 'the bytes outlive the next call').toBe(0);
      });
    });
  }

  it.each(ownCodecs)('gives the same bytes in parts by %s', async (codec) => {
    const { encode, extras = {} } = (await loadAdapter(codec)).bind(makeWorkload('W6'));
    const frame = encode();
    const parts = extras[inParts]?.(frame) as Uint8Array[];
    expect(parts.length).toBeGreaterThan(1);
    expect(Buffer.compare(Buffer.concat(parts), frame)).toBe(0);
  });

  it.each(workloadNames)('makes the same objects of %s for the floor', (name) => {
    const workload = makeWorkload(name);
    expect(difference(workload.packets, floorOf(workload)())).toBeUndefined();
  });

  it('tells a difference', () => {
    expect(difference({ a: [1, { b: 'x' }] }, { a: [1, { b: 'y' }] })).toBe('packets.a.1.b: x became y');
    expect(difference([1], [1, 2])).toBe('packets: another length');
    expect(difference({ a: 0 }, { a: -0 })).toBe('packets.a: 0 became 0');
    expect(difference({ a: undefined }, { a: 1 })).toBe('packets.a is there');
    expect(difference({ a: Uint8Array.of(1) }, { a: [1] })).toBe('packets.a: other bytes');
  });
});
