import type { Refusal } from './transport.ts';

export type RefusalOf = typeof refusalOf;

/** What an HTTP answer says of itself. */
export function refusalOf(status: number, header: (name: string) => string | null): Refusal {
  const retryAfterMs = retryAfterOf(header('retry-after'));
  return { isServer: header('crudp') === '1', status, ...(retryAfterMs !== null && { retryAfterMs }) };
}

/** Seconds only: a date would need the server's clock. Never more than an hour. */
function retryAfterOf(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Math.min(Number(text) * 1000, 3_600_000) : null;
}
