import { type CodecName, codecNames, ownCodecs } from './adapter.ts';
import { type WorkloadName, workloadNames } from './fixtures.ts';
import { bestRival, ownTime, type Rows } from './tables.ts';

const width = 860;
const panelWidth = 360;
const panelLefts = [60, 470] as const;
const top = 70;
const rowHeight = 34;
/** The axis, in times of our time; what lies beyond is drawn at its edge. */
const least = 1 / 8;
const most = 32;
const legend =
  'left of the blue line: quicker than crudp · orange: the best rival · ring: crudp without WebAssembly · at the edge: beyond';
const ticks = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32];

/**
 * How long each rival takes in times of ours: one dot a rival, a row a workload. Left of the line a rival is quicker.
 *
 * Readable on white and on black: an image on a page cannot know the page's colours, only the reader's preference.
 */
export function chart(rows: Rows, caption: string): string {
  const names = workloadNames.filter((name) => rows[name]);
  const bottom = top + names.length * rowHeight;
  const panels = (['encode', 'decode'] as const).map((operation, i) =>
    panel(rows, names, operation, panelLefts[i] as number),
  );
  const labels = names.map((name, i) => text(12, top + (i + 0.5) * rowHeight + 5, name, 'strong'));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 58}" width="${width}" role="img" aria-label="Time of other codecs in times of crudp's time">
<style>
  text { font: 13px system-ui, sans-serif; fill: #3d444d }
  .strong { font-weight: 600 }
  .small { font-size: 11px; fill: #656d76 }
  .axis { stroke: #d1d9e0; stroke-width: 1 }
  .ours { stroke: #0969da; stroke-width: 2 }
  .twin { fill: none; stroke: #0969da; stroke-width: 2 }
  .rival { fill: #8c959f; fill-opacity: 0.55 }
  .best { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #d1d7e0 }
    .small { fill: #9198a1 }
    .axis { stroke: #3d444d }
    .ours { stroke: #4493f8 }
    .twin { stroke: #4493f8 }
    .rival { fill: #9198a1 }
    .best { fill: #f0883e }
  }
</style>
${text(12, 44, legend, 'small')}
${[...labels, ...panels].join('\n')}
${text(12, bottom + 44, caption, 'small')}
</svg>
`;
}

function panel(rows: Rows, names: readonly WorkloadName[], operation: 'encode' | 'decode', left: number): string {
  const bottom = top + names.length * rowHeight;
  const parts = [text(left, 22, `${operation}: time of the others, crudp = 1`, 'strong')];
  for (const tick of ticks) {
    const x = xOf(tick, left);
    parts.push(`<line class="${tick === 1 ? 'ours' : 'axis'}" x1="${x}" x2="${x}" y1="${top - 4}" y2="${bottom}"/>`);
    parts.push(
      text(
        x,
        bottom + 18,
        tick === 0.125 ? '⅛' : tick === 0.25 ? '¼' : tick === 0.5 ? '½' : String(tick),
        'small',
        'middle',
      ),
    );
  }
  names.forEach((name, i) => {
    parts.push(...dots(rows, name, operation, left, top + (i + 0.5) * rowHeight));
  });
  return parts.join('\n');
}

function dots(rows: Rows, name: WorkloadName, operation: 'encode' | 'decode', left: number, y: number): string[] {
  const row = rows[name];
  const ours = row && ownTime(row, 'crudp', operation);
  if (!row || ours === undefined) return [];
  const best = bestRival(row, operation);
  const parts: string[] = [];
  const draw = (codec: CodecName, style: string, radius: number): void => {
    const time = ownTime(row, codec, operation);
    if (time === undefined) return;
    const title = `<title>${codec}: ${(time / ours).toFixed(2)}</title>`;
    parts.push(`<circle class="${style}" cx="${xOf(time / ours, left)}" cy="${y}" r="${radius}">${title}</circle>`);
  };
  for (const codec of codecNames) if (!ownCodecs.includes(codec) && codec !== best?.codec) draw(codec, 'rival', 5);
  draw('crudp portable', 'twin', 4);
  if (best) {
    draw(best.codec, 'best', 6);
    const x = xOf(best.value / ours, left);
    // At the left edge a centred name would run into the row's.
    const label = `${best.codec} ${(best.value / ours).toFixed(2)}`;
    parts.push(x < left + 60 ? text(x - 6, y - 9, label, 'small') : text(x, y - 9, label, 'small', 'middle'));
  }
  return parts;
}

function xOf(ratio: number, left: number): number {
  const place = Math.log(Math.min(most, Math.max(least, ratio)) / least) / Math.log(most / least);
  return Math.round((left + place * panelWidth) * 10) / 10;
}

function text(x: number, y: number, content: string, style: string, anchor = 'start'): string {
  return `<text class="${style}" x="${x}" y="${y}" text-anchor="${anchor}">${content}</text>`;
}
