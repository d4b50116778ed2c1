// Question: how does the codec compare in time and size with the ones people use, on an application's own data?
// Method: each codec tuned as its authors advise, each operation of it in its own process, rounds interleaved,
// medians; ratios only within one run. Both sides make the whole object graph, equal to the input (adapters.test.ts).
//
//   npm run bench                                      everything, some minutes
//   npm run bench -- --only W3,W4 --quick              two workloads, few and short rounds: for work on the codec
//   npm run bench -- --codecs "crudp,avsc" --rounds 9  some codecs, more rounds
//   npm run bench -- --only W4 --codecs crudp --profile decode    where the time goes
import { parseArgs } from 'node:util';
import { type CodecName, codecNames } from './adapter.ts';
import { compare, type Plan } from './compare.ts';
import { type WorkloadName, workloadNames } from './fixtures.ts';
import { timeLoading } from './loading.ts';
import { describeMachine } from './machine.ts';
import { profile } from './profile.ts';
import { describe, publish } from './publish.ts';
import { installRivals } from './rivals.ts';
import { bytesTable, ownTable, type Rows, ratiosTable, shortTable, timesTable } from './tables.ts';
import { loadingTable, utf8Table } from './tables-own.ts';
import { timeUtf8 } from './utf8.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    codecs: { type: 'string' },
    rounds: { type: 'string' },
    profile: { type: 'string' },
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
if (values.profile === undefined) await compareAll();
else {
  for (const codec of codecs) {
    for (const workload of workloads) {
      console.log(`\n${codec}, ${workload}, ${values.profile}\n${await profile(codec, workload, values.profile)}`);
    }
  }
}

async function compareAll(): Promise<void> {
  const machine = describeMachine(plan.rounds);
  console.log(describe(machine));
  const rows: Rows = {};
  for (const name of workloads) {
    rows[name] = await compare(name, plan);
    console.error(`${name} done`);
  }
  const figures = Object.values(rows).flatMap((row) => Object.values(row));
  const operations = [...new Set(figures.flatMap(({ microseconds }) => Object.keys(microseconds)))];
  const tables = [
    ...operations.map((operation) => timesTable(rows, operation)),
    bytesTable(rows),
    ratiosTable(rows),
    ownTable(rows),
  ];
  console.log(`\n${tables.join('\n\n')}`);

  // Only a whole run is kept: half of one beside half of another would compare two states of the machine.
  if (workloads === workloadNames && codecs === codecNames && !values.quick) {
    const loading = await timeLoading(15);
    const utf8 = await timeUtf8();
    const more = [loadingTable(loading), utf8Table(utf8)];
    console.log(`\n${more.join('\n\n')}`);
    publish({ machine, rows, loading, utf8 }, [...tables, ...more].join('\n\n'), shortTable(rows));
  }
}
