import { describe, expect, it } from 'vitest';
import { shape } from '../../src/lib/contract/shape.ts';
import * as t from '../../src/lib/contract/types.ts';
import { codecs, schemaOf } from './each-codec.ts';

const born = new Date(0);
const older = schemaOf(shape({ name: t.string() }));
const newer = schemaOf(
  shape({
    name: t.string(),
    age: t.withDefault(t.u8(), 7),
    tags: t.withDefault(t.list(t.string()), ['new']),
    born: t.withDefault(t.date(), born),
    blob: t.withDefault(t.bytes(), Uint8Array.of(1, 2)),
    any: t.withDefault(t.json(), { a: [1] }),
    none: t.withDefault(t.nullable(t.u8()), null),
    note: t.optional(t.string()),
  }),
);
const filled = { age: 7, tags: ['new'], born, blob: Uint8Array.of(1, 2), any: { a: [1] }, none: null };

describe.each(codecs)('%s codec: defaults', (_name, codec) => {
  const records = [{ name: 'Ana' }, { name: 'Luis' }];
  const packets = [{ route: 0, records }];

  it('are written for what is undefined or missing, and only for that', () => {
    const given = { name: 'Eva', age: undefined, tags: [], any: null, note: undefined };
    const frame = codec.encodePush(newer, { packets: [{ route: 0, records: [...records, given] }] });
    expect(codec.decodePush(newer, frame).packets[0]?.records).toStrictEqual([
      { name: 'Ana', ...filled },
      { name: 'Luis', ...filled },
      { name: 'Eva', ...filled, tags: [], any: null },
    ]);
  });

  it('stand where an older writer had no column', () => {
    const read = codec.decodePush(newer, codec.encodePush(older, { packets })).packets[0];
    expect(read?.mark).toBeUndefined();
    expect(read?.records).toStrictEqual([
      { name: 'Ana', ...filled },
      { name: 'Luis', ...filled },
    ]);
  });

  it('are not shared between records, nor with the contract', () => {
    const frame = codec.encodePush(older, { packets });
    const read = () => codec.decodePush(newer, frame).packets[0]?.records as (typeof filled)[];
    const [one] = read();
    one?.tags.push('changed');
    one?.born.setTime(5);
    one?.blob.fill(9);
    one?.any.a.push(2);
    expect(read()).toEqual([
      { name: 'Ana', ...filled },
      { name: 'Luis', ...filled },
    ]);
  });

  it('make a frame of an older reader no different', () => {
    const frame = codec.encodePush(newer, { packets });
    expect(codec.decodePush(older, frame).packets[0]?.records).toStrictEqual(records);
  });

  it('are what a new field must have: else the group is not read', () => {
    const strict = schemaOf(shape({ name: t.string(), age: t.u8() }));
    const frame = codec.encodePush(older, { packets: [...packets, { route: 0, records: [] }] });
    expect(codec.decodePush(strict, frame).packets).toEqual([
      { route: 0, records: [], mark: 'contract_mismatch', items: 2 },
      { route: 0, records: [], mark: 'contract_mismatch', items: 0 },
    ]);
  });
});
