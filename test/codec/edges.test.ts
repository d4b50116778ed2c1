import { describe, expect, it } from 'vitest';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { codecs, schemaOf } from './each-codec.ts';
import { ints, varint } from './reference.ts';

const route = 0;

describe.each(codecs)('%s codec: where a number takes one more byte', (_name, codec) => {
  /** The last group's columns, and what is read of them. */
  function write(type: string, records: unknown[]): { columns: number[]; read: readonly unknown[] | undefined } {
    const schema = schemaOf(parseShape([`:${type}`]));
    const frame = codec.encodePush(schema, { packets: [{ route, records }] });
    // Magic, head, flags, count, route; items (svarint); G, group route; length (one byte); tail, fields, sign.
    const before = 5 + varint(2n * BigInt(records.length)).length + 2 + 1 + 4;
    const read = codec.decodePush(schema, frame).packets[0]?.records;
    return { columns: [...frame.subarray(before, frame.length - 4)], read };
  }

  const edges = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((width) => {
    const edge = 1n << BigInt(8 * width);
    return [edge - 1n, edge];
  });

  it('offsets of i64', () => {
    for (const spread of edges.slice(0, -1)) {
      for (const base of [-(2n ** 63n), -1n, 0n, 1n]) {
        const values = [base, base + spread, base + 1n].map((value) => BigInt.asIntN(64, value));
        const { columns, read } = write('i64', values);
        expect(columns, `${spread} from ${base}`).toEqual(ints(values));
        expect(read).toEqual(values);
      }
    }
  });

  it('offsets of int', () => {
    const max = BigInt(Number.MAX_SAFE_INTEGER);
    for (const spread of [...edges.filter((edge) => edge <= 2n * max), 2n * max, 2n * max - 1n]) {
      for (const base of [-max, -1n, 0n, max - spread]) {
        const values = [base + spread, base, base];
        if (values.some((value) => value > max || value < -max)) continue;
        const { columns, read } = write('int', values.map(Number));
        expect(columns, `${spread} from ${base}`).toEqual(ints(values));
        expect(read).toEqual(values.map(Number));
      }
    }
  });

  it.each([127, 16_383, 2_097_151])('the length of a group: %d', (edge) => {
    const schema = schemaOf(parseShape([':string']));
    const lengths = new Set<number>();
    // Around 30 bytes of it are not text; three strings, for one alone may not be so long.
    for (let text = edge - 32; text <= edge + 1; text++) {
      const part = Math.floor(text / 3);
      const records = ['a'.repeat(part), 'b'.repeat(part), 'c'.repeat(text - 2 * part)];
      const frame = codec.encodePush(schema, { packets: [{ route, records }] });
      const end = frame.length - 4;
      // Magic, head, flags, count, route, items, G, group route.
      const size = varint(BigInt(edge)).length;
      const short = end - 8 - size;
      const length = short <= edge ? short : short - 1;
      lengths.add(length);
      const written = varint(BigInt(length));
      expect([...frame.subarray(8, 8 + written.length)]).toEqual(written);
      expect(codec.decodePush(schema, frame).packets[0]?.records).toEqual(records);
    }
    expect(lengths).toContain(edge);
    expect(lengths).toContain(edge + 1);
  });
});
