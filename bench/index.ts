// Question: how does the codec compare in time and size with the ones people use, on an application's own data?
// Method: each codec tuned as its authors advise, each with each workload in its own process, rounds interleaved,
// medians; ratios only within one run. Both sides make the whole object graph, equal to the input (adapters.test.ts).
//
//   npm run bench                                      everything, some minutes
//   npm run bench -- --only W3,W4 --quick              two workloads, few and short rounds: for work on the codec
//   npm run bench -- --codecs "crudp,avsc" --rounds 9  some codecs, more rounds
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type CodecName, codecNames } from './adapter.ts';
import { compare, type Plan } from './compare.ts';
import { type WorkloadName, workloadNames } from './fixtures.ts';
import { installRivals } from './rivals.ts';
import { bytesTable, type Rows, ratiosTable, timesTable } from './tables.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    codecs: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

function pick<T extends string>(given: string | undefined, all: readonly T[]): readonly T[] {
  if (given === undefined) return all;
  const names = given.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !all.includes(name as T));
  if (unknown.length > 0) throw new TypeError(`unknown: ${unknown.join(', ')}; there are ${all.join(', ')}`);
  return all.filter((name) => names.includes(name));
}

const workloads: readonly WorkloadName[] = pick(values.only, workloadNames);
const codecs: readonly CodecName[] = pick(values.codecs, codecNames);
const plan: Plan = {
  codecs,
  rounds: Number(values.rounds ?? (values.quick ? 3 : 7)),
  maxTime: values.quick ? 0.05 : 0.15,
};

installRivals();
console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString()}`);
const rows: Rows = {};
for (const name of workloads) {
  rows[name] = await compare(name, plan);
  console.error(`${name} done`);
}
const extras = [
  ...new Set(Object.values(rows).flatMap((row) => Object.values(row).flatMap((f) => Object.keys(f.microseconds)))),
];
for (const operation of extras) console.log(`\n${timesTable(rows, operation)}`);
console.log(`\n${bytesTable(rows)}\n\n${ratiosTable(rows)}`);
