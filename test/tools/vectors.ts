// npm run vectors -- FILE…: runs vector files against both codecs.
import { readFileSync } from 'node:fs';
import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { parseVectors, runVector } from '../vectors/run.ts';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: npm run vectors -- FILE…');
  process.exit(2);
}
let passed = 0;
let failed = 0;
for (const codec of [loadCodecSync({ fallback: false }), portableCodec()]) {
  for (const file of files) {
    for (const vector of parseVectors(readFileSync(file, 'utf8'))) {
      const fault = runVector(codec, vector);
      if (fault === null) passed++;
      else {
        failed++;
        console.log(`${codec.name}: ${vector.name}: ${fault.slice(0, 2000)}`);
      }
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
