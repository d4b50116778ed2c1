// What does the server hold? npm run bench:server [-- --quick] [-- --seconds 10]
//
// Server and load generator are processes of their own on one machine, so they share its cores; each figure stands beside
// its baseline of the same run. Results in bench/results/, the table in docs/server.md.
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.ts';
import { table } from '../markdown.ts';
import { type Latencies, onePostEach, openLoop, type Peak, peakOf, resultsOf } from './acceptance.ts';
import { type Figure, publish } from './publish.ts';
import { median } from './statistics.ts';
import { besidePaused, broadcastRate, idleBytes } from './streams.ts';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, seconds: { type: 'string' }, rounds: { type: 'string' } },
});
const seconds = Number(flags.seconds ?? (flags.quick ? 0.5 : 5));
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 3));
const part = flags.quick ? 0.02 : 1;
const load = loadavg()[0] ?? Number.NaN;

/** Figures several times, in turns. */
async function runsInTurns(times: number, ...measures: readonly (() => Promise<number>)[]): Promise<number[][]> {
  const values = measures.map((): number[] => []);
  for (let round = 0; round < times; round++) {
    for (const [index, measure] of measures.entries()) values[index]?.push(await measure());
  }
  return values;
}

/** A figure several times, in turns with its baseline. */
async function inTurns(...measures: readonly (() => Promise<number>)[]): Promise<number[]> {
  return (await runsInTurns(rounds, ...measures)).map(median);
}

const figures: Figure[] = [];
function note(name: string, value: number, unit: string, wanted?: readonly ['<=' | '>=', number]): void {
  const figure = { name, value, unit, ...(wanted && { wanted }) };
  figures.push(figure);
  const verdict = wanted ? `  wanted ${wanted.join(' ')}` : '';
  console.log(`${name.padEnd(72)} ${value.toFixed(value < 100 ? 2 : 0).padStart(9)} ${unit}${verdict}`);
}

const peaks: Peak[] = [];
const [peak = 0, each = 0] = await inTurns(
  async () => {
    const own = await peakOf(seconds);
    peaks.push(own);
    return own.packets;
  },
  () => onePostEach(seconds),
);
note('durable acceptance, batches of 100, 32 clients: packets/s', peak, '', ['>=', 40_000]);
note('one JSON POST and one commit each, 32 clients: operations/s', each, '');
note('the first, in times of the second', peak / each, '', ['>=', 5]);
note('event loop meanwhile, 99.9 %', median(peaks.map(({ loopMs }) => loopMs)), 'ms', ['<=', 50]);
note('that of a process beside it with nothing to do', median(peaks.map(({ idleLoopMs }) => idleLoopMs)), 'ms');

/** Medians of several runs. */
function medianOf(runs: readonly Latencies[]): Latencies {
  const [{ offered = Number.NaN } = {}] = runs;
  return { offered, p50: median(runs.map((run) => run.p50)), p99: median(runs.map((run) => run.p99)) };
}

const points: Latencies[] = [];
const half = peak / 200;
for (const offered of [...new Set([peak / 1000, 100, peak / 400, half, (peak / 100) * 0.75])].sort((a, b) => a - b)) {
  const runs: Latencies[] = [];
  const bareRuns: Latencies[] = [];
  for (let round = 0; round < rounds; round++) {
    runs.push(await openLoop('accept', offered, seconds));
    if (offered === half) bareRuns.push(await openLoop('bare-posts', offered, seconds));
  }
  const point = medianOf(runs);
  points.push(point);
  const isJudged = offered === 100 || offered === half;
  const name = `open loop, ${Math.round(offered)} batches/s${offered === half ? ', half the peak' : ''}: 202 at`;
  note(`${name} p50`, point.p50, 'ms', isJudged ? ['<=', 5] : undefined);
  note(`${name} p99`, point.p99, 'ms', isJudged ? ['<=', 25] : undefined);
  if (bareRuns.length === 0) continue;
  const bare = medianOf(bareRuns);
  note('the same load on a server that stores nothing: answer at p50', bare.p50, 'ms');
  note('the same load on a server that stores nothing: answer at p99', bare.p99, 'ms');
}

const [ahead = 0, coalesced = 0, undeclared = 0, undeclaredOfMany = 0] = await inTurns(
  () => resultsOf('ahead', seconds),
  () => resultsOf('coalesced', seconds),
  () => resultsOf('undeclared', seconds),
  () => resultsOf('undeclared', seconds, 128),
);
note('accept to result, handler writes a row, `ahead`: packets/s', ahead, '', ['>=', 15_000]);
note('the same, `coalesce`', coalesced, '', ['>=', 15_000]);
note('the same, neither', undeclared, '', ['>=', 15_000]);
note('the same, neither, 128 clients', undeclaredOfMany, '', ['>=', 15_000]);

const idle = Math.ceil(10_000 * part);
const [ours = 0, bare = 0] = await inTurns(
  () => idleBytes('streams', idle),
  () => idleBytes('bare-streams', idle),
);
note(`${idle} idle streams: bytes each`, ours, 'B');
note('a bare node:http server', bare, 'B');
note('the first, in times of the second', ours / bare, '', ['<=', 1.2]);

const streams = Math.ceil(5000 * part);
const [rate = 0, bareRate = 0, single = 0, bareSingle = 0] = await inTurns(
  () => broadcastRate('streams', streams, 10),
  () => broadcastRate('bare-streams', streams, 10),
  () => broadcastRate('streams', streams, 1, 10),
  () => broadcastRate('bare-streams', streams, 1, 10),
);
note(`${streams} streams, 10 broadcasts: events/s`, rate, '');
note('a bare node:http server', bareRate, '');
note('the first, in times of the second', rate / bareRate, '', ['>=', 0.9]);
note('the same one by one, each when all have had the last: events/s', single, '');
note('a bare node:http server', bareSingle, '');
note('the first, in times of the second', single / bareSingle, '');

const [well, stuck] = [Math.ceil(1000 * part), Math.ceil(500 * part)];
const pushes = flags.quick ? 5 : 50;
const pausedBytes: number[] = [];
// A tail of two runs that follow each other differs by a tenth for no reason: so more of them, each judged by its neighbour.
const [alone = [], beside = []] = await runsInTurns(
  flags.quick ? 1 : 2 * rounds + 1,
  async () => (await besidePaused(well, 0, pushes)).p99,
  async () => {
    const { p99, bytesPerPaused } = await besidePaused(well, stuck, pushes);
    pausedBytes.push(bytesPerPaused);
    return p99;
  },
);
note(`${well} healthy readers, pushes of 16 KiB: p99`, median(alone), 'ms');
note(`the same beside ${stuck} paused ones: p99`, median(beside), 'ms');
const besideRatios = beside.map((p99, run) => p99 / (alone[run] ?? Number.NaN));
note('the second, in times of the first, run by run', median(besideRatios), '', ['<=', 1.3]);
note('memory of a paused one', median(pausedBytes) / 1024, 'KiB', ['<=', 256]);

if (flags.quick) console.log(JSON.stringify(figures));
else {
  const machine = describeMachine(rounds);
  const rows = figures.map(({ name, value, unit, wanted }) => [
    name,
    `${value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en').replaceAll(',', ' ')} ${unit}`.trim(),
    wanted ? `${wanted[0] === '<=' ? '≤' : '≥'} ${wanted[1].toLocaleString('en').replaceAll(',', ' ')}` : '',
  ]);
  publish({ machine, load, figures, points }, table(['', 'measured', 'wanted'], rows));
}
