import type { Clock } from '../../clock.ts';
import type { EventsRequest, ServerCore } from '../core.ts';
import type { Authenticate } from '../options.ts';
import { authenticated } from './authenticated.ts';
import { EventList } from './event-list.ts';
import { EventResponse } from './event-response.ts';
import type { Exchange } from './exchange.ts';

export interface EventsRouteDeps {
  readonly core: ServerCore;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly pollMs: number;
}

/** GET {base}/events: a stream, or a long poll where JSON is asked for. */
export async function answerEvents(exchange: Exchange, deps: EventsRouteDeps): Promise<void> {
  const { identity, expiresAt } = await authenticated(exchange, deps.authenticate, deps.clock);
  const query = exchange.url.searchParams;
  const request: EventsRequest = {
    identity,
    outbox: copyOf(query.get('outbox') ?? ''),
    // The header is what a reader adds when it reconnects; the address stays as it was.
    cursor: exchange.header('last-event-id') || query.get('after') || null,
    ...(expiresAt !== undefined && { expiresAt }),
  };
  const accept = exchange.header('accept');
  const isPoll = accept.includes('application/json') && !accept.includes('text/event-stream');
  if (isPoll) await poll(exchange, request, deps);
  else await stream(exchange, request, deps);
}

/** A piece of an address keeps the whole of it in memory; a stream keeps its outbox for as long as it is open. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

async function stream(exchange: Exchange, request: EventsRequest, { core, clock }: EventsRouteDeps) {
  const session = await core.subscribe(request, new EventResponse(exchange.response, exchange.head, clock));
  exchange.onGone(() => session.close());
}

/** Answers `[{event, id?, data}, …]`, the events of a stream, `hello` first. */
async function poll(exchange: Exchange, request: EventsRequest, { core, clock, pollMs }: EventsRouteDeps) {
  const list = new EventList();
  const session = await core.subscribe(request, list);
  // Without a cursor there is nothing to wait with: the client gets one first.
  if (request.cursor === null) list.end();
  const timer = clock.after(pollMs, () => list.end());
  exchange.onGone(() => list.end());
  await list.ready;
  timer.cancel();
  session.close();
  exchange.answer(200, list.events, { log: { user: request.identity.user, outbox: request.outbox } });
}
