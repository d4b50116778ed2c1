import { describe, expect, it } from 'vitest';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { string, u8 } from '../../src/lib/contract/types.ts';
import type { PacketResult } from '../../src/lib/packet.ts';
import { answerFrame } from '../../src/lib/server/answer-results.ts';
import { codec } from './harness.ts';

const outbox = '00000000000000a1';
const old = contract({ version: 1 }, { texts: handler(1, { create: { out: string() } }) });
const now = contract({ version: 2 }, { texts: handler(1, { create: { out: u8() } }) });

function chunk(schema: typeof old | typeof now, ...results: readonly Partial<PacketResult>[]) {
  const full = results.map((result) => ({ seq: 1, route: 4, status: 0, message: '', records: [], ...result }));
  return { frame: codec.encodeResponse(schema, { outbox, results: full }), seqs: full.map(({ seq }) => seq) };
}

function seqsIn(frame: Uint8Array | null): unknown {
  return frame && codec.decodeResponse(now, frame).results.map(({ seq, status, records }) => [seq, status, records]);
}

describe('answerFrame', () => {
  const deps = { contract: now, codec };
  const forgotten = [{ seq: 9, route: 4, items: 2, after: [], group: 0 }];

  it('is null where there is nothing to say', () => {
    expect(answerFrame(deps, outbox, [], [])).toBeNull();
  });

  it('merges chunks, only what was asked for, with what is forgotten', () => {
    const two = chunk(now, { seq: 2, records: [7, 8] }, { seq: 3, records: [9] });
    const chunks = [chunk(now, { seq: 1, status: 5 }), { ...two, seqs: [3] }];
    expect(seqsIn(answerFrame(deps, outbox, chunks, forgotten))).toEqual([
      [9, 15, []],
      [1, 5, []],
      [3, 0, [9]],
    ]);
  });

  it('reads no frame of which it has the results', () => {
    const bare = [3, 4].map((seq) => ({ seq, route: 4, status: 5, message: 'no', records: [] }));
    const unread = { frame: new Uint8Array(), seqs: [4], bare };
    expect(seqsIn(answerFrame(deps, outbox, [chunk(now, { seq: 1 }), unread], []))).toEqual([
      [1, 0, []],
      [4, 5, []],
    ]);
  });

  it('hands a single chunk on as it is', () => {
    const only = chunk(now, { seq: 2, records: [7] });
    expect(answerFrame(deps, outbox, [only], [])).toBe(only.frame);
  });

  it('hands on what it cannot read alone, or leaves it for the next question', () => {
    const foreign = chunk(old, { seq: 2, records: ['text'] });
    const own = chunk(now, { seq: 3, records: [9] });
    expect(answerFrame(deps, outbox, [foreign, own], [])).toBe(foreign.frame);
    expect(seqsIn(answerFrame(deps, outbox, [own, foreign], []))).toEqual([[3, 0, [9]]]);
  });

  it('reads a foreign chunk whose results have no records', () => {
    const refused = chunk(old, { seq: 2, status: 3 }, { seq: 4, route: 1000, status: 8 });
    expect(seqsIn(answerFrame(deps, outbox, [refused, chunk(now, { seq: 3 })], []))).toEqual([
      [2, 3, []],
      [4, 8, []],
      [3, 0, []],
    ]);
  });
});
