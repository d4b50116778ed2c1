// The page of policy.test.ts: loads the codec in every way there is, and tells the server what came of it.
import { loadCodec, loadCodecSync, parseShape, portableCodec } from '../../../src/codec.ts';

/** What the page tells. */
export interface Told {
  readonly names: readonly string[];
  /** Messages of `onFallback`. */
  readonly fallbacks: readonly string[];
  readonly roundTrips: readonly boolean[];
  /** Directive and what it blocked. */
  readonly violations: readonly string[];
}

const violations: string[] = [];
document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
  violations.push(`${effectiveDirective} ${blockedURI}`);
});

const jit = !location.search.includes('jit=false');
const fallbacks: string[] = [];
const options = { jit, onFallback: ({ message }: Error) => fallbacks.push(message) };
const codecs = [
  await loadCodec(options),
  await loadCodec(options),
  loadCodecSync(options),
  loadCodecSync(options),
  portableCodec(options),
];
const shape = parseShape(['name:string', 'tags:list<symbol>', 'note:optional<f64>']);
const schema = { inputs: new Map([[4, shape]]), outputs: new Map([[4, shape]]) };
const packets = [{ route: 4, records: [{ name: 'Łukasz', tags: ['a', 'b'] }] }];
const roundTrips = codecs.map((codec) => {
  const read = codec.decodePush(schema, codec.encodePush(schema, { packets }));
  return JSON.stringify(read.packets) === JSON.stringify(packets);
});
// Reports of a policy are tasks of their own: two turns of the page later all have come.
for (let turn = 0; turn < 2; turn++) await fetch('/turn', { method: 'POST' });
const told: Told = { names: codecs.map(({ name }) => name), fallbacks, roundTrips, violations };
await fetch(`/told${location.search}`, { method: 'POST', body: JSON.stringify(told) });
