// npm run soak -- --minutes N --seed S: the random tests, in rotation, for as long as wanted.
//
// Each check gets the seeds S, S + 1, … in turn. A seed that fails is printed and the check goes on with the next one, so that
// one night shows all there is to see. Exit code 1 when any failed.
import { parseArgs } from 'node:util';
import { soakChecks } from './soak-checks.ts';

/** A check that is broken fails with every seed; so many tell enough. */
const MAX_FAILURES = 20;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: String(Date.now() >>> 0) } },
});
const minutes = Number(values.minutes);
const firstSeed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(firstSeed)) {
  console.error('usage: npm run soak -- [--minutes N] [--seed S]');
  process.exit(2);
}

// Refused frames are the rule here; their stacks would take most of the time.
Error.stackTraceLimit = 0;
console.log(`soak: --minutes ${minutes} --seed ${firstSeed}`);
const rows = soakChecks().map((check) => ({ check, seeds: 0, inputs: 0, failures: 0 }));
const end = performance.now() + minutes * 60_000;
for (let seed = firstSeed; performance.now() < end; seed++) {
  for (const row of rows) {
    if (row.failures === MAX_FAILURES) continue;
    row.seeds++;
    try {
      row.inputs += await row.check.run(seed);
    } catch (error) {
      row.failures++;
      console.log(`FAILED ${row.check.name}, --seed ${seed}: ${error}`);
    }
  }
}
for (const { check, seeds, inputs, failures } of rows) {
  console.log(`${check.name}: ${inputs} inputs of ${seeds} seeds, ${failures} failed`);
}
process.exitCode = rows.some(({ failures }) => failures > 0) ? 1 : 0;
