// node --import ./scripts/ts.mjs FILE.ts
// A worker thread inherits --import, so a worker written in TypeScript runs as well.
import { register } from 'node:module';

register('./ts-hooks.mjs', import.meta.url);
