import { type CodecName, codecNames, ownCodecs } from './adapter.ts';
import type { Row } from './compare.ts';
import { type WorkloadName, workloadNames } from './fixtures.ts';
import { wanted } from './wanted.ts';

export type Rows = Partial<Record<WorkloadName, Row>>;

/** A codec's figure and its name. */
interface Best {
  readonly codec: CodecName;
  readonly value: number;
}

/** Microseconds of an operation; undefined where the codec has not run or lacks it. */
function timeOf(row: Row, codec: CodecName, operation: string): number | undefined {
  return row[codec]?.microseconds[operation];
}

/** The quickest of the rivals. */
export function bestRival(row: Row, operation: string): Best | undefined {
  let best: Best | undefined;
  for (const codec of codecNames) {
    const value = ownCodecs.includes(codec) ? undefined : timeOf(row, codec, operation);
    if (value !== undefined && (!best || value < best.value)) best = { codec, value };
  }
  return best;
}

function present(rows: Rows): [WorkloadName, Row][] {
  return workloadNames.flatMap((name) => (rows[name] ? [[name, rows[name]]] : []));
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n');
}

/** Three figures, without an exponent. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 100) return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Every codec's times for one operation, in microseconds; the quickest in bold. */
export function timesTable(rows: Rows, operation: string): string {
  const codecs = codecNames.filter((codec) =>
    present(rows).some(([, row]) => timeOf(row, codec, operation) !== undefined),
  );
  const body = present(rows).map(([name, row]) => {
    const times = codecs.map((codec) => timeOf(row, codec, operation));
    const least = Math.min(...times.filter((time) => time !== undefined));
    return [name, ...times.map((time) => (time === least ? `**${figure(time)}**` : figure(time)))];
  });
  return table([`${operation}, µs`, ...codecs], body);
}

export function bytesTable(rows: Rows): string {
  const codecs = codecNames.filter(
    (codec) => codec !== 'crudp portable' && present(rows).some(([, row]) => row[codec] !== undefined),
  );
  const body = present(rows).map(([name, row]) => [name, ...codecs.map((codec) => figure(row[codec]?.bytes))]);
  return table(['bytes', ...codecs], body);
}

/** Ours against the best rival of each row, with what is wanted beside it. */
export function ratiosTable(rows: Rows): string {
  const body = present(rows).map(([name, row]) => {
    const cells = (['encode', 'decode'] as const).flatMap((operation) => {
      const best = bestRival(row, operation);
      return [ratio(best?.value, timeOf(row, 'crudp', operation), wanted[name][operation]), best?.codec ?? ''];
    });
    const portable = ratio(bestRival(row, 'encode')?.value, timeOf(row, 'crudp portable', 'encode'));
    const portableDecode = ratio(bestRival(row, 'decode')?.value, timeOf(row, 'crudp portable', 'decode'));
    const bytes = ratio(row.crudp?.bytes, row['avsc ticks']?.bytes ?? row.avsc?.bytes, wanted[name].bytes);
    return [name, ...cells, portable, portableDecode, bytes];
  });
  const head = [
    'times as fast as the best rival',
    'encode',
    'rival',
    'decode',
    'rival',
    'portable: encode',
    'decode',
    'bytes / avsc',
  ];
  return table(head, body);
}

/** `1.42 (wanted 1.5)`; empty where a figure is missing. */
function ratio(dividend: number | undefined, divisor: number | undefined, target?: number): string {
  if (dividend === undefined || divisor === undefined) return '';
  const value = (dividend / divisor).toFixed(2);
  return target === undefined ? value : `${value} (wanted ${target})`;
}
