// Started by bombs.test.ts in a process with a small heap: decodes frames that claim much and hold little, by the module
// and its twin, and prints what that took.
import { KIND_PUSH, KIND_REQUEST, KIND_RESPONSE } from '../../assembly/protocol.ts';
import { createCodec } from '../../src/lib/codec/create-codec.ts';
import { embeddedBytes } from '../../src/lib/codec/embedded-bytes.ts';
import type { Kernels } from '../../src/lib/codec/kernels.ts';
import { createPortableKernels } from '../../src/lib/codec/portable/kernels.ts';
import { createWasmKernels } from '../../src/lib/codec/wasm.ts';
import { DecodeError } from '../../src/lib/errors.ts';
import { build, counts, type Pieces, table } from '../contracts/kernels/pieces.ts';
import { decodeAny } from './kinds.ts';
import { intsAs, varint } from './reference.ts';

export interface Report {
  readonly name: string;
  readonly bombs: number;
  /** What came out that was no DecodeError. */
  readonly others: readonly string[];
  /** Bytes beyond what decoding one good frame had taken, at their most. */
  readonly arena: number;
  readonly external: number;
  readonly rss: number;
}

const MOST = 2n ** 53n - 1n;
const ROUNDS = 200;
/** n equal values in two bytes or three. */
const equal = (value: bigint) => intsAs([value, value], 0, value);

const spoilt: readonly (readonly [kind: number, name: string, bytes: readonly number[][]])[] = [
  [KIND_REQUEST, 'count', [varint(MOST), varint(1n << 32n), varint(1_000_000n), varint(9999n)]],
  [KIND_REQUEST, 'depCounts', [intsAs([MOST, 0n, 0n, 0n], 8, 0n), intsAs([1n << 40n, 1n, 1n, 1n], 8, 0n)]],
  [KIND_REQUEST, 'items', [intsAs([MOST, 0n, 0n, 0n], 8, 0n), intsAs([1n << 40n, 0n, 0n, 1n], 8, 0n)]],
  [KIND_RESPONSE, 'count', [varint(MOST), varint(9999n)]],
  [KIND_RESPONSE, 'messages', [varint(MOST), varint(3n)]],
  [KIND_RESPONSE, 'messageLengths', [equal(MOST), equal(1n << 31n), equal(1n << 20n)]],
  [KIND_RESPONSE, 'messageExcess', [varint(MOST), varint(1n << 31n)]],
  [KIND_PUSH, 'count', [varint(MOST), varint(10_000n)]],
  [KIND_PUSH, 'items', [equal(MOST), equal(1n << 51n), equal(1n << 31n), equal(60_000n), equal(400n)]],
  [KIND_PUSH, 'groups', [varint(MOST), varint(1n << 31n)]],
  [KIND_PUSH, 'length', [varint(MOST), varint(1n << 31n)]],
  [KIND_PUSH, 'tail', [varint(MOST), varint(1n << 31n)]],
  [KIND_PUSH, 'fields', [varint(MOST), varint(1n << 31n)]],
  [KIND_PUSH, 'strings', [equal(MOST), equal(1n << 31n), equal(1n << 20n)]],
  [KIND_PUSH, 'excess', [varint(MOST), varint(1n << 31n)]],
  [KIND_PUSH, 'lists', [equal(MOST), equal(1n << 51n), equal(1n << 31n), equal(30_000n)]],
  [KIND_PUSH, 'dictionary', [varint(MOST), varint(1n << 31n)]],
  [KIND_PUSH, 'names', [equal(MOST), equal(1n << 31n)]],
  [KIND_PUSH, 'lengths', [equal(MOST), equal(1n << 51n), counts(1n << 31n, 1)]],
];
const kinds = { [KIND_REQUEST]: 'request', [KIND_RESPONSE]: 'response', [KIND_PUSH]: 'push' } as const;
const schema = { inputs: table, outputs: table };

function report(kernels: Kernels): Report {
  const codec = createCodec(() => kernels);
  const decode = (kind: number, changes: Pieces) =>
    decodeAny(codec, schema, kinds[kind as keyof typeof kinds], build(kind, changes).frame);
  for (const kind of [KIND_REQUEST, KIND_RESPONSE, KIND_PUSH]) decode(kind, {});
  globalThis.gc?.();
  const before = { arena: kernels.heap.u8.length, ...process.memoryUsage() };
  const most = { arena: 0, external: 0, rss: 0 };
  const others = new Set<string>();
  let bombs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, name, variants] of spoilt) {
      for (const bytes of variants) {
        bombs++;
        try {
          decode(kind, { [name]: bytes });
          others.add(`${name} ${bytes}: decoded`);
        } catch (error) {
          if (!(error instanceof DecodeError)) others.add(`${name} ${bytes}: ${error}`);
        }
      }
    }
    const { external, rss } = process.memoryUsage();
    most.arena = Math.max(most.arena, kernels.heap.u8.length - before.arena);
    most.external = Math.max(most.external, external - before.external);
    most.rss = Math.max(most.rss, rss - before.rss);
  }
  return { name: kernels.name, bombs, others: [...others], ...most };
}

const module = new WebAssembly.Module(embeddedBytes());
console.log(JSON.stringify([report(createWasmKernels(module)), report(createPortableKernels())]));
