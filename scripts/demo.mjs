// npm start: builds what is stale, bundles the page, runs the demo's server on PORT (8080).
import { join } from 'node:path';
import { root } from './build.mjs';
import { buildDemo } from './demo-build.mjs';
import { runTs } from './run.mjs';

await buildDemo();
process.env.PORT ??= '8080';
runTs(join(root, 'demo/server.ts'), process.argv.slice(2));
