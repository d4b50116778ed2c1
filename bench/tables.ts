import { type CodecName, codecNames, encodeFloor, inParts, ownCodecs } from './adapter.ts';
import type { Row } from './compare.ts';
import { abouts, type WorkloadName, workloadNames } from './fixtures.ts';
import { figure, ratio, table } from './markdown.ts';
import { wanted, wantedInChunks } from './wanted.ts';

const timed = ['encode', 'decode'] as const;

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

/** Ours: where there are blobs, in parts, which is how frames with blobs are sent. */
export function ownTime(row: Row, codec: CodecName, operation: 'encode' | 'decode'): number | undefined {
  return (operation === 'encode' ? timeOf(row, codec, inParts) : undefined) ?? timeOf(row, codec, operation);
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
    const cells = timed.flatMap((operation) => {
      const best = bestRival(row, operation);
      const target = wanted[name][operation];
      const own = ratio(best?.value, ownTime(row, 'crudp', operation), target);
      return [own, ratio(best?.value, ownTime(row, 'crudp portable', operation)), best?.codec ?? ''];
    });
    return [name, ...cells, ratio(row.crudp?.bytes, avroBytes(row), wanted[name].bytes)];
  });
  return table(['best rival / crudp', 'encode', 'twin', 'rival', 'decode', 'twin', 'rival', 'bytes / avsc'], body);
}

/**
 * The module against its twin; decoding against making the same objects from ready columns, and encoding against reading the
 * same values: of these the lesser of the two processes' times, for it is to be a bound.
 */
export function ownTable(rows: Rows): string {
  const body = present(rows).map(([name, row]) => {
    const own = ['encode', 'decode', 'open'].map((operation) =>
      ratio(timeOf(row, 'crudp portable', operation), timeOf(row, 'crudp', operation)),
    );
    const floor = leastOf(row, 'floor');
    const least = leastOf(row, encodeFloor);
    const rival = bestRival(row, 'decode')?.value;
    const chunks = ratio(rival, timeOf(row, 'crudp', 'chunks'), name === 'W5' ? wantedInChunks : undefined);
    const rivalEncodes = bestRival(row, 'encode')?.value;
    return [
      name,
      ...own,
      chunks,
      ratio(timeOf(row, 'crudp', 'decode'), floor),
      ratio(rival, floor),
      ratio(ownTime(row, 'crudp', 'encode'), least),
      ratio(rivalEncodes, least),
    ];
  });
  const floors = ['decode / floor', 'best rival / floor', 'encode / floor', 'best rival / floor'];
  return table(['twin / module', 'encode', 'decode', 'open', 'best rival / in chunks', ...floors], body);
}

/** Of our two codecs' processes. */
function leastOf(row: Row, operation: string): number | undefined {
  const times = ownCodecs.flatMap((codec) => timeOf(row, codec, operation) ?? []);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** The same for the README: times, the best rival's, and how many times as fast that is. */
export function shortTable(rows: Rows): string {
  const body = present(rows).map(([name, row]) => {
    const cells = timed.flatMap((operation) => {
      const own = ownTime(row, 'crudp', operation);
      const best = bestRival(row, operation);
      return [figure(own), `${figure(best?.value)} ${best?.codec ?? ''}`, `**${ratio(best?.value, own)}**`];
    });
    const bytes = ratio(row.crudp?.bytes, avroBytes(row));
    return [`${name}: ${abouts[name]}`, ...cells, figure(row.crudp?.bytes), `${bytes}`];
  });
  const head = ['µs', 'encode', 'best rival', 'times', 'decode', 'best rival', 'times', 'bytes', 'of Avro’s'];
  return table(head, body);
}

/** The fewest that Avro can do with. */
function avroBytes(row: Row): number | undefined {
  return row['avsc ticks']?.bytes ?? row.avsc?.bytes;
}
