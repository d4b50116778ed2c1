import type { InvoiceLine } from '../contract.ts';

const euros = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function money(cents: number): string {
  return euros.format(cents / 100);
}

/** Each line is rounded to a cent, as it stands on paper. */
export function totalCents(lines: readonly InvoiceLine[]): number {
  return lines.reduce((sum, { quantity, unitCents }) => sum + Math.round(quantity * unitCents), 0);
}

export function timeOfDay(ms: number): string {
  return clock.format(ms);
}

/** `240 ms`, `3.4 s`, `12 min`, `5 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

/** `40 kB`, `12.3 MB`. */
export function fileSize(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : megabytes(bytes);
}

/** `0.0 MB`, `12.3 MB`: where it grows, so that its unit stays. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
