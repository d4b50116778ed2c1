import type { Clock } from '../../clock.ts';
import type { Contract, RouteSpec } from '../../contract/contract.ts';
import { recordsOfForm } from '../calls/form-records.ts';
import { jsonOf, recordsOfJson } from '../calls/json-records.ts';
import { type Form, type FormLimits, formTypes, readForm } from '../calls/read-form.ts';
import type { ServerCore } from '../core.ts';
import type { Authenticate } from '../options.ts';
import { RequestRefused } from '../refused.ts';
import { authenticated } from './authenticated.ts';
import { bodyOf, giveUp, readBody, refuseCoding, refuseTaken } from './body.ts';
import type { Exchange } from './exchange.ts';

export interface CallRouteDeps {
  readonly core: ServerCore;
  readonly contract: Contract;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly maxBatchBytes: number;
  readonly slowBodyMs: number;
  readonly forms: FormLimits;
}

/** What a call sends: records, and the files that they name. */
interface Sent {
  readonly records: readonly unknown[];
  readonly form: Form | null;
}

/** POST {base}/call/{handler}/{action}: a handler run at once, for forms and for programs without a client. */
export async function answerCall(exchange: Exchange, deps: CallRouteDeps, below: readonly string[]): Promise<void> {
  const { request, response } = exchange;
  refuseForgery(exchange);
  const { identity } = await authenticated(exchange, deps.authenticate, deps.clock);
  const route = routeIn(deps.contract, below);
  const { records, form } = await sentIn(exchange, deps, route);
  try {
    // The handler may answer by itself.
    exchange.writeHead();
    const reply = await deps.core.call({
      identity,
      route: route.route,
      records,
      http: { request, response },
      find: (upload) => form?.find(upload) ?? null,
    });
    if (isRedirect(exchange)) exchange.redirect({ user: identity.user });
    else exchange.answer(200, { records: jsonOf(reply) }, { log: { user: identity.user } });
  } finally {
    await form?.dispose();
  }
}

/**
 * A browser sends the user's cookies with any form, whoever wrote it: where no browser says that the page is one of ours
 * (`checkOrigin` has looked), the request carries a token that no form can.
 */
function refuseForgery(exchange: Exchange): void {
  const isFromPage = exchange.header('origin') !== '' || exchange.header('sec-fetch-site') !== '';
  if (isFromPage || /^bearer ./i.test(exchange.header('authorization'))) return;
  throw new RequestRefused(403, 'foreign_origin', 'programs send "Authorization: Bearer …", pages their origin');
}

function routeIn({ routes }: Contract, [handler, action]: readonly string[]): RouteSpec {
  for (const route of routes.values()) if (route.handler === handler && route.action === action) return route;
  throw new RequestRefused(404, 'unsupported', 'there is no such handler or action');
}

async function sentIn(exchange: Exchange, deps: CallRouteDeps, { input }: RouteSpec): Promise<Sent> {
  const type = exchange.header('content-type').split(';')[0]?.trim().toLowerCase() ?? '';
  refuseCoding(exchange.header('content-encoding'));
  if (formTypes.includes(type)) {
    refuseTaken(exchange.request);
    try {
      const limits = { ...deps.forms, maxTextBytes: deps.maxBatchBytes };
      const form = await readForm(exchange.request.headers, bodyOf(exchange, deps), limits);
      return { records: recordsOfForm(input, form.root), form };
    } catch (error) {
      // What is left of the body is not read.
      giveUp(exchange);
      throw error;
    }
  }
  if (type !== 'application/json' && type !== '') {
    throw new RequestRefused(415, 'unsupported_media', `JSON or a form (${formTypes.join(', ')}) is wanted`);
  }
  const body = new TextDecoder().decode(await readBody(exchange, deps));
  return { records: recordsOfJson(input, body === '' ? undefined : parsed(body)), form: null };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestRefused(400, 'bad_json', (error as Error).message);
  }
}

/** The handler wants the browser to go elsewhere. */
function isRedirect({ response }: Exchange): boolean {
  return response.headersSent || response.hasHeader('location');
}
