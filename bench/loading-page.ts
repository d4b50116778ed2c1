// What a page does until its first frame is encoded and read again; bundled by loading.ts, run once in a new process.
import { readFile } from 'node:fs/promises';
import { type Codec, loadCodec, loadCodecSync, portableCodec } from '../src/codec.ts';
import { app } from './contract.ts';
import { makeWorkload } from './fixtures.ts';
import type { LoadingWay } from './loading.ts';

const ways: Record<LoadingWay, (asset: string) => Codec | Promise<Codec>> = {
  'embedded, sync': () => loadCodecSync({ fallback: false }),
  'embedded, async': () => loadCodec({ fallback: false }),
  'asset, streaming': (asset) => loadCodec({ fallback: false, wasm: respond(asset) }),
  'twin without WebAssembly': () => portableCodec(),
};

/** As a server would answer; the file stands for the network. */
async function respond(asset: string): Promise<Response> {
  return new Response(await readFile(asset), { headers: { 'content-type': 'application/wasm' } });
}

const [way, asset] = process.argv.slice(2) as [LoadingWay, string];
const workload = makeWorkload('W1');
if (workload.kind !== 'request') throw new Error('W1 is no request');
const batch = {
  outbox: '9f3c20d17ab45e68',
  first: workload.packets[0]?.seq ?? 1,
  oldest: 0,
  packets: workload.packets,
};
const start = performance.now();
const codec = await ways[way](asset);
const frame = codec.encodeRequest(app, batch);
codec.decodeRequest(app, frame);
process.send?.(performance.now() - start);
