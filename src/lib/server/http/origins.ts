import { RequestRefused } from '../refused.ts';
import type { Exchange } from './exchange.ts';

/** Headers of an answer that a page of another origin may read. */
const exposed = 'CRUDP, Retry-After, Location, Tus-Resumable, Upload-Length, Upload-Offset';
const preflightSeconds = 600;

/**
 * Lets own pages and those of the allow-list through, and programs that are no browsers.
 *
 * A browser sends the user's cookies whoever's page asks, so a foreign page is refused before anybody is authenticated.
 *
 * @throws {RequestRefused} 403 `foreign_origin`.
 */
export function checkOrigin(exchange: Exchange, origins: readonly string[]): void {
  const { request, head } = exchange;
  const origin = exchange.header('origin');
  head.Vary = 'Origin';
  if (origins.includes(origin)) {
    head['Access-Control-Allow-Origin'] = origin;
    head['Access-Control-Allow-Credentials'] = 'true';
    head['Access-Control-Expose-Headers'] = exposed;
    return;
  }
  const site = exchange.header('sec-fetch-site');
  // Where a browser says what it is, that counts: behind a proxy the Host header may be another.
  const isOwn = site !== '' ? site === 'same-origin' || site === 'none' : isSameHost(origin, request.headers.host);
  if (!isOwn) throw new RequestRefused(403, 'foreign_origin', 'pages of this origin may not use this server');
}

/** Answers OPTIONS, after `checkOrigin`. What a listed origin may send it may send with any header: it is trusted. */
export function preflightHeaders(methods: readonly string[], asked: string): Record<string, string> {
  const allowed = ['OPTIONS', ...methods].join(', ');
  return {
    Allow: allowed,
    'Access-Control-Allow-Methods': allowed,
    'Access-Control-Max-Age': String(preflightSeconds),
    ...(/^[\w\-, ]+$/.test(asked) && { 'Access-Control-Allow-Headers': asked }),
  };
}

function isSameHost(origin: string, host: string | undefined): boolean {
  if (origin === '') return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
