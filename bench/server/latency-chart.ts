import type { Latencies } from './acceptance.ts';

const [width, height, left, right, top, bottom] = [640, 320, 64, 24, 36, 52];

/** Latency against offered load: how long a 202 takes, the more is asked for. Both axes grow by factors. */
export function latencyChart(points: readonly Latencies[], caption: string): string {
  const loads = points.map(({ offered }) => offered * 100);
  const times = points.flatMap(({ p50, p99 }) => [p50, p99, 25, 1]);
  const x = scale(Math.min(...loads), Math.max(...loads), left, width - right);
  const y = scale(Math.min(...times) / 1.2, Math.max(...times) * 1.2, height - bottom, top);
  const line = (key: 'p50' | 'p99') => points.map((point) => `${x(point.offered * 100)},${y(point[key])}`).join(' ');
  const dots = (key: 'p50' | 'p99') =>
    points.map((point) => {
      const at = `cx="${x(point.offered * 100)}" cy="${y(point[key])}"`;
      return `<circle class="${key}" ${at} r="4"><title>${point[key].toFixed(1)} ms</title></circle>`;
    });
  const ticks = [1, 2, 5, 10, 25, 50, 100, 250].filter((ms) => y(ms) <= height - bottom && y(ms) >= top);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="Time to the 202 against offered load">
<style>
  text { font: 12px system-ui, sans-serif; fill: #3d444d }
  .axis { stroke: #d1d9e0 }
  .limit { stroke: #bc4c00; stroke-dasharray: 4 4 }
  polyline { fill: none; stroke-width: 2 }
  .p50 { stroke: #0969da; fill: #0969da }
  .p99 { stroke: #8250df; fill: #8250df }
  polyline.p50, polyline.p99 { fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #d1d7e0 }
    .axis { stroke: #3d444d }
    .limit { stroke: #f0883e }
    .p50 { stroke: #4493f8; fill: #4493f8 }
    .p99 { stroke: #ab7df8; fill: #ab7df8 }
    polyline.p50, polyline.p99 { fill: none }
  }
</style>
<text x="${left}" y="20">ms to the 202, from the intended send: blue the median, violet 99 %, dashed 25 ms</text>
${ticks.map((ms) => `<line class="${ms === 25 ? 'limit' : 'axis'}" x1="${left}" x2="${width - right}" y1="${y(ms)}" y2="${y(ms)}"/><text x="${left - 8}" y="${y(ms) + 4}" text-anchor="end">${ms}</text>`).join('\n')}
${points.map(({ offered }) => `<text x="${x(offered * 100)}" y="${height - bottom + 18}" text-anchor="middle">${Math.round(offered / 10)}k</text>`).join('\n')}
<polyline class="p50" points="${line('p50')}"/>
<polyline class="p99" points="${line('p99')}"/>
${[...dots('p50'), ...dots('p99')].join('\n')}
<text x="${left}" y="${height - 12}">offered packets a second, in batches of 100 · ${caption}</text>
</svg>
`;
}

function scale(least: number, most: number, from: number, to: number): (value: number) => number {
  const span = Math.log(most / least) || 1;
  return (value) => Math.round((from + (Math.log(value / least) / span) * (to - from)) * 10) / 10;
}
