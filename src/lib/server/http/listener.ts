import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { Contract } from '../../contract/contract.ts';
import type { FormLimits } from '../calls/read-form.ts';
import type { ServerCore } from '../core.ts';
import type { Log } from '../log.ts';
import type { Authenticate, Middleware } from '../options.ts';
import { RequestRefused } from '../refused.ts';
import type { Uploads } from '../uploads.ts';
import { answerCall } from './call-route.ts';
import { answerEvents } from './events-route.ts';
import { Exchange } from './exchange.ts';
import { checkOrigin, preflightHeaders } from './origins.ts';
import { answerSync } from './sync-route.ts';
import { answerUploads, uploadMethods } from './uploads-route.ts';

/**
 * Answers a request below the base.
 *
 * @param next Called for any other path; without it that is a 404.
 * @returns Whether the request was below the base.
 */
export type Listener = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => boolean;

export interface ListenerDeps {
  readonly contract: Contract;
  readonly forms: FormLimits;
  readonly core: ServerCore;
  readonly log: Log;
  readonly base: string;
  readonly authenticate: Authenticate;
  readonly middleware: readonly Middleware[];
  readonly origins: readonly string[];
  readonly clock: Clock;
  readonly maxBatchBytes: number;
  readonly slowBodyMs: number;
  readonly pollMs: number;
  readonly uploads: Uploads | null;
  /** Resolves once the server has started. */
  readonly ready: () => Promise<void>;
}

/** @param below The segments of the path behind the route's own. */
type RouteCode = (exchange: Exchange, deps: ListenerDeps, below: readonly string[]) => Promise<void>;

interface PathRoute {
  /** How many segments may stand behind the route's own. */
  readonly below: readonly number[];
  readonly methods: ReadonlyMap<string, RouteCode>;
}

/** What answers below the base, by a path's first segment. */
const routes: ReadonlyMap<string, PathRoute> = new Map([
  ['sync', { below: [0], methods: new Map<string, RouteCode>([['POST', answerSync]]) }],
  ['events', { below: [0], methods: new Map<string, RouteCode>([['GET', answerEvents]]) }],
  ['call', { below: [2], methods: new Map<string, RouteCode>([['POST', answerCall]]) }],
  ['uploads', { below: [0, 1], methods: new Map(uploadMethods.map((method) => [method, answerUploads])) }],
]);

export function createListener(deps: ListenerDeps): Listener {
  return (request, response, next) => {
    const url = urlOf(request);
    const isBelow = url !== null && (url.pathname === deps.base || url.pathname.startsWith(`${deps.base}/`));
    if (!isBelow && next) {
      next();
      return false;
    }
    const now = () => deps.clock.now();
    const exchange = new Exchange(request, response, url ?? new URL('http://x'), deps.log, now);
    answer(exchange, deps, isBelow).catch((error: unknown) => exchange.refuse(error));
    return isBelow;
  };
}

async function answer(exchange: Exchange, deps: ListenerDeps, isBelow: boolean): Promise<void> {
  const { request, response, url } = exchange;
  const [segment = '', ...rest] = url.pathname.slice(deps.base.length + 1).split('/');
  const route = isBelow ? routes.get(segment) : undefined;
  if (!route?.below.includes(rest.length)) throw new RequestRefused(404, 'not_found', 'nothing is here');
  checkOrigin(exchange, deps.origins);
  const { methods } = route;
  const allowed = preflightHeaders([...methods.keys()], exchange.header('access-control-request-headers'));
  if (request.method === 'OPTIONS') {
    for (const [name, value] of Object.entries(allowed)) response.setHeader(name, value);
    exchange.answer(204, undefined);
    return;
  }
  const run = methods.get(request.method ?? '');
  if (!run) {
    response.setHeader('Allow', allowed.Allow ?? '');
    throw new RequestRefused(405, 'method_not_allowed', `${request.method} is none of this route's methods`);
  }
  if (deps.middleware.length > 0) exchange.writeHead();
  for (const middleware of deps.middleware) await through(middleware, exchange);
  await run(exchange, deps, rest);
}

/** Resolves when the middleware lets the request on; never, where it answers itself. */
function through(middleware: Middleware, { request, response }: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (error?: unknown): void => {
      if (error) reject(error instanceof Error ? error : new Error(String(error)));
      else resolve();
    };
    // An async one that fails before `next` must not leave the request hanging.
    Promise.resolve()
      .then(() => middleware(request, response, next))
      .catch(reject);
  });
}

function urlOf({ url = '/' }: IncomingMessage): URL | null {
  // An absolute or odd request target never names a path of ours by accident.
  return url.startsWith('/') && URL.canParse(`http://x${url}`) ? new URL(`http://x${url}`) : null;
}
