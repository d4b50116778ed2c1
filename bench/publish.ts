import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chart } from './chart.ts';
import type { LoadingWay } from './loading.ts';
import type { Machine } from './machine.ts';
import type { Rows } from './tables.ts';
import type { Utf8Figures } from './utf8.ts';

/** Everything a run measured. */
export interface Report {
  readonly machine: Machine;
  readonly rows: Rows;
  /** Milliseconds to the first frame. */
  readonly loading: Readonly<Record<LoadingWay, number>>;
  readonly utf8: Utf8Figures;
}

const results = new URL('./results/', import.meta.url);
const readme = new URL('../README.md', import.meta.url);
const [begin, end] = ['<!-- benchmark: written by npm run bench -->', '<!-- /benchmark -->'];

/**
 * Keeps a run: its figures, all its tables and the chart in results/, the short table in the README.
 *
 * @param tables In Markdown, as printed.
 * @param short What the README shows.
 */
export function publish(report: Report, tables: string, short: string): void {
  mkdirSync(results, { recursive: true });
  const { machine } = report;
  const caption = `${machine.cpu}, Node ${machine.node}, ${machine.date}; medians of one run; a smaller time is better`;
  writeFileSync(new URL('latest.json', results), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(new URL('tables.md', results), `# The last run\n\n${describe(machine)}\n\n${tables}\n`);
  writeFileSync(new URL('chart.svg', results), chart(report.rows, caption));

  const text = readFileSync(readme, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no place for the table: ${begin} … ${end}`);
  const section = `${begin}\n${describe(machine)}\n\n${short}\n`;
  writeFileSync(readme, text.slice(0, from) + section + text.slice(to));
}

export function describe({ cpu, cores, node, date, commit, rounds }: Machine): string {
  return `${cpu}, ${cores} cores, Node ${node}, ${date}, commit ${commit}, \`npm run bench -- --rounds ${rounds}\`: medians of interleaved rounds.`;
}
