// The judge of UTF-8 alone, module against twin, on 64 KB of text: a frame's other costs would hide it. What the module
// ships is compiled with one export more: its own judge.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf16Length } from '../src/lib/codec/portable/utf8.ts';
import { measure, median } from './measure.ts';
import type { Utf8Figures } from './utf8.ts';

/** The repository's folder. */
const root = process.argv[2] as string;
const size = 65_536;
/** The judge looks at a few bytes before the text. */
const place = 4096;
const texts: Record<keyof Utf8Figures, string> = {
  ascii: 'The outbox keeps packets in order across a reload. ',
  spanish: 'Así, después de la mañana, el señor Núñez envió la última petición según el guión. ',
};

const judge = await compileJudge();
const figures: Utf8Figures = { ascii: time('ascii'), spanish: time('spanish') };
process.send?.(figures);

function time(text: keyof Utf8Figures): Utf8Figures['ascii'] {
  const phrase = texts[text];
  const bytes = cutAt(new TextEncoder().encode(phrase.repeat(size / phrase.length)), size);
  // Behind a text stands at least a frame's check.
  const frame = new Uint8Array(bytes.length + 4);
  frame.set(bytes);
  const view = new DataView(frame.buffer);
  new Uint8Array(judge.memory.buffer).set(bytes, place);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const judges = {
    wasm: () => judge.utf16Length(place, place + bytes.length),
    portable: () => utf16Length(view, 0, bytes.length),
    TextDecoder: () => decoder.decode(bytes).length,
  };
  const names = Object.keys(judges) as (keyof typeof judges)[];
  if (new Set(names.map((name) => judges[name]())).size !== 1) throw new Error(`the judges disagree about ${text}`);
  const samples = { wasm: [] as number[], portable: [] as number[], TextDecoder: [] as number[] };
  for (let round = 0; round < 7; round++) {
    for (const name of names) samples[name].push(measure(judges[name], 0.05) * 1e6);
  }
  return { wasm: median(samples.wasm), portable: median(samples.portable), TextDecoder: median(samples.TextDecoder) };
}

/** At most `most` bytes, not within a character. */
function cutAt(bytes: Uint8Array<ArrayBuffer>, most: number): Uint8Array<ArrayBuffer> {
  let end = Math.min(most, bytes.length);
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.slice(0, end);
}

async function compileJudge(): Promise<{
  memory: WebAssembly.Memory;
  utf16Length(start: number, end: number): number;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-bench-'));
  try {
    const file = join(folder, 'utf8.wasm');
    const flags = '--runtime stub -O3 --shrinkLevel 1 --converge --noAssert --initialMemory 4'.split(' ');
    const features = ['simd', 'bulk-memory', 'nontrapping-f2i'].flatMap((name) => ['--enable', name]);
    const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
    const args = [asc, 'assembly/utf8.ts', '--outFile', file, ...flags, ...features];
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error('asc failed on assembly/utf8.ts');
    const { instance } = await WebAssembly.instantiate(readFileSync(file));
    return instance.exports as { memory: WebAssembly.Memory; utf16Length(start: number, end: number): number };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
