/** A table in Markdown: the first column to the left, figures to the right. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n');
}

/** Three figures, without an exponent; empty for none. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 100) return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** `1.42 (wanted 1.5)`; empty where a figure is missing. */
export function ratio(dividend: number | undefined, divisor: number | undefined, wanted?: number): string {
  if (dividend === undefined || divisor === undefined) return '';
  const value = (dividend / divisor).toFixed(2);
  return wanted === undefined ? value : `${value} (wanted ${wanted})`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
