import { describe, expect, it } from 'vitest';
import type { RecordShape } from '../../src/lib/contract/field.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { makeShape } from '../../src/lib/contract/record-shape.ts';
import { DecodeError } from '../../src/lib/errors.ts';
import type { RequestPacket } from '../../src/lib/packet.ts';
import { codecs, schemaOf } from './each-codec.ts';

const outbox = '00000000000000ab';

/** A shape whose frames a reader of `read` takes for its own: what a hostile or broken writer would send. */
function disguised(written: readonly string[], read: RecordShape): RecordShape {
  return { ...makeShape(parseShape(written).fields), signature: read.signature };
}

describe.each(codecs)('%s codec: values that their types do not allow', (_name, codec) => {
  /** Frames of `written` records, read as if they were of `read`. */
  function send(written: readonly string[], read: readonly string[], ...records: unknown[][]) {
    const shape = parseShape(read);
    const packets = records.map((own, i): RequestPacket => ({ seq: i + 1, route: 0, records: own }));
    const frame = codec.encodeRequest(schemaOf(disguised(written, shape)), { outbox, first: 1, oldest: 0, packets });
    return { schema: schemaOf(shape), frame };
  }

  function issuesOf(written: readonly string[], read: readonly string[], ...records: unknown[]) {
    const { schema, frame } = send(written, read, records);
    expect(() => codec.decodeRequest(schema, frame)).toThrow(DecodeError);
    return codec.decodeRequest(schema, frame, { invalidValues: 'mark' }).packets[0]?.issues;
  }

  it('fail their packet only, when they are marked', () => {
    const { schema, frame } = send(['a:int'], ['a:u8'], [{ a: 1 }], [{ a: 2 }, { a: 256 }, { a: -1 }], [], [{ a: 3 }]);
    const { packets } = codec.decodeRequest(schema, frame, { invalidValues: 'mark' });
    expect(packets.map(({ records, issues }) => ({ records, issues }))).toEqual([
      { records: [{ a: 1 }], issues: undefined },
      {
        records: [],
        issues: [
          { path: [1, 'a'], message: 'out of range' },
          { path: [2, 'a'], message: 'out of range' },
        ],
      },
      { records: [], issues: undefined },
      { records: [{ a: 3 }], issues: undefined },
    ]);
  });

  it('refuse the frame, when they are not', () => {
    const { schema, frame } = send(['a:int'], ['a:u8'], [{ a: 1 }], [{ a: 256 }]);
    expect(() => codec.decodeRequest(schema, frame)).toThrow('[out_of_range]');
    expect(() => codec.decodeRequest(schema, frame, { invalidValues: 'throw' })).toThrow('[out_of_range]');
  });

  it('are no reason to refuse a frame that is only opened', () => {
    const { schema, frame } = send(['a:int'], ['a:u8'], [{ a: 256 }]);
    expect(codec.openRequest(schema, frame).packets).toEqual([{ seq: 1, route: 0, items: 1, after: [], group: 0 }]);
  });

  it.each([
    ['u8', 'int', 256],
    ['u16', 'int', -1],
    ['u32', 'int', 2 ** 32],
    ['i8', 'int', 128],
    ['i16', 'int', -32769],
    ['i32', 'int', 2 ** 31],
    ['int', 'i64', 2n ** 53n],
    ['timestamp', 'i64', -(2n ** 53n)],
    ['date', 'int', 8.64e15 + 1],
    ['enum<a,b>', 'int', 2],
    ['enum<a,b>', 'int', -1],
    ['json', 'string', '{'],
    ['json', 'string', ''],
    ['json', 'string', '['.repeat(65) + ']'.repeat(65)],
  ])('are named: %s, written as %s %o', (read, written, value) => {
    const message = read === 'json' ? 'not JSON text' : 'out of range';
    expect(issuesOf([`a:${written}`], [`a:${read}`], { a: value })).toEqual([{ path: [0, 'a'], message }]);
    expect(issuesOf([`:${written}`], [`:${read}`], value)).toEqual([{ path: [0], message }]);
  });

  it('have a path through lists, structs and what may be absent', () => {
    const written = 'lines:list<{n:optional<int>,deep:nullable<list<list<int>>>}>';
    const read = 'lines:list<{n:optional<u8>,deep:nullable<list<list<u8>>>}>';
    const good = { n: 1, deep: null };
    const issues = issuesOf(
      [written],
      [read],
      { lines: [] },
      { lines: [good, { deep: [[], [1, 2], [3, 300]] }, { n: 256, deep: [[-1]] }, good] },
      { lines: [{ n: -1, deep: null }] },
    );
    expect(issues?.map(({ path }) => path)).toEqual([
      [1, 'lines', 2, 'n'],
      [1, 'lines', 1, 'deep', 2, 1],
      [1, 'lines', 2, 'deep', 0, 0],
      [2, 'lines', 0, 'n'],
    ]);
  });

  it('have a path into a file', () => {
    const written = 'f:list<{name:string,type:symbol,size:i64,upload:string,content:bytes}>';
    const paper = { name: 'a', type: 'b', size: 1n, upload: '', content: new Uint8Array() };
    const issues = issuesOf([written], ['f:list<file>'], { f: [paper, { ...paper, size: 2n ** 60n }] });
    expect(issues).toEqual([{ path: [0, 'f', 1, 'size'], message: 'out of range' }]);
  });

  it('are told of only so far', () => {
    const issues = issuesOf(['a:list<int>'], ['a:list<u8>'], { a: new Array(1000).fill(256) }, { a: [256] });
    expect(issues).toHaveLength(33);
    expect(issues?.[31]?.path).toEqual([0, 'a', 31]);
    expect(issues?.[32]?.path).toEqual([1, 'a', 0]);
  });

  it('let the rest of the codec go on', () => {
    const { schema, frame } = send(['a:int'], ['a:u8'], [{ a: 256 }]);
    const good = send(['a:u8'], ['a:u8'], [{ a: 255 }]);
    for (let i = 0; i < 3; i++) {
      expect(() => codec.decodeRequest(schema, frame)).toThrow(DecodeError);
      expect(codec.decodeRequest(good.schema, good.frame).packets[0]?.records).toEqual([{ a: 255 }]);
    }
  });
});
