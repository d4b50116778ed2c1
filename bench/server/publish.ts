import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Machine } from '../machine.ts';
import type { Latencies } from './acceptance.ts';
import { latencyChart } from './latency-chart.ts';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly wanted?: readonly ['<=' | '>=', number];
}

export interface Report {
  readonly machine: Machine;
  /** Processes that wanted a core when the run began: what else the machine had to do. */
  readonly load: number;
  readonly figures: readonly Figure[];
  readonly points: readonly Latencies[];
}

const results = new URL('../results/', import.meta.url);
const docs = new URL('../../docs/server.md', import.meta.url);
const [begin, end] = ['<!-- benchmark: written by npm run bench:server -->', '<!-- /benchmark -->'];

/** Keeps a run: its figures and the chart in results/, the table in the server's documentation. */
export function publish(report: Report, rows: string): void {
  mkdirSync(results, { recursive: true });
  const { cpu, cores, node, date, commit, rounds } = report.machine;
  // As one text: the formatter would have a short array in one line, and JSON.stringify has it in four.
  const figures = report.figures.map(({ wanted, ...figure }) =>
    wanted ? { ...figure, wanted: wanted.join(' ') } : figure,
  );
  writeFileSync(new URL('server.json', results), `${JSON.stringify({ ...report, figures }, null, 2)}\n`);
  writeFileSync(new URL('server.svg', results), latencyChart(report.points, `${cpu}, ${date}`));
  const text = readFileSync(docs, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/server.md has no place for the table: ${begin} … ${end}`);
  const where = `${cpu}, ${cores} cores, Node ${node}, ${date}, commit ${commit}, \`npm run bench:server\`: medians of ${rounds} interleaved rounds; load average ${report.load.toFixed(1)} when it began.`;
  writeFileSync(docs, `${text.slice(0, from)}${begin}\n${where}\n\n${rows}\n${text.slice(to)}`);
}
