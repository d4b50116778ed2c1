import type { Contract, ErrorSpecs, HandlerSpecs, RouteSpec } from '../contract/contract.ts';
import { CrudpError } from '../errors.ts';
import type { Action } from '../packet.ts';
import type { AtomicCalls, CallOptions, ClientBase, CrudpClient } from './client-types.ts';
import type { Prepared } from './desk.ts';
import { manyOf } from './drafting.ts';
import type { EventListener } from './events.ts';
import { failAll, type Operation } from './operation.ts';
import { type ClientOptions, settingsOf } from './options.ts';
import { Page } from './page.ts';

/** What a client has besides its handlers. */
const ownNames: ReadonlySet<string> = new Set<keyof ClientBase<HandlerSpecs>>([
  'status',
  'outbox',
  'atomic',
  'authenticated',
  'retry',
  'setOnline',
  'close',
]);

/**
 * Makes a client of a contract, for one user. It opens its storage, sends what is waiting in it, and holds the user's event
 * stream, until it is closed.
 *
 * @throws {TypeError} `bad_option`; `bad_contract`: a handler has the name of one of the client's own members.
 */
export function crudpClient<H extends HandlerSpecs, E extends ErrorSpecs>(
  contract: Contract<H, E>,
  options: ClientOptions,
): CrudpClient<H> {
  for (const name of Object.keys(contract.handlers)) {
    if (ownNames.has(name)) throw new TypeError(`[bad_contract] ${name}: a client has a member of this name`);
  }
  const page = new Page(contract, settingsOf(options));

  const alone: Send = (packets) => {
    for (const { operation, draft } of packets) if (draft) page.desk.submit([{ operation, draft }]);
  };

  const base: ClientBase<H> = {
    status: page.parts.status,
    outbox: {
      ...page.view.observable,
      list: () => page.view.list(),
      retry: (reqId) => page.retryPacket(reqId),
      discard: (reqId) => page.desk.discard(reqId),
    },
    atomic: (work) => {
      const packets: Prepared[] = [];
      const group = {};
      const collect: Send = (more) => void packets.push(...more);
      try {
        const value = work(handlersOf(contract, page, collect, group) as AtomicCalls<H>);
        submitGroup(page, packets);
        return value;
      } catch (error) {
        const cancelled = new CrudpError('cancelled', 'its atomic group was given up', { cause: error });
        failAll(packets, cancelled);
        throw error;
      }
    },
    authenticated: () => page.announce({ kind: 'authenticated' }),
    retry: () => page.announce({ kind: 'retry' }),
    setOnline: (isOnline) => page.announce({ kind: 'online', isOnline }),
    close: () => page.close(),
  };
  // Typed by the contract from which they are made.
  return Object.freeze({ ...handlersOf(contract, page, alone, null), ...base }) as CrudpClient<H>;
}

type Send = (packets: readonly Prepared[]) => void;
type HandlerMembers = Record<string, unknown>;

function handlersOf(contract: Contract, page: Page, send: Send, group: object | null): Record<string, HandlerMembers> {
  const handlers: Record<string, HandlerMembers> = {};
  for (const route of contract.routes.values()) {
    const { handler } = route;
    handlers[handler] ??= group ? {} : { on: listening(page, handler) };
    Object.assign(handlers[handler], callsOf(page, route, send, group));
  }
  return handlers;
}

function listening(page: Page, handler: string) {
  return (action: Action, listener: EventListener) => page.parts.listeners.add(handler, action, listener);
}

/** A packet of many records, and a packet for each of them. */
function callsOf(page: Page, route: RouteSpec, send: Send, group: object | null) {
  const enqueue = (packets: readonly (readonly unknown[])[], options: CallOptions = {}): Operation[] => {
    const prepared = packets.map((records) => page.desk.prepare(route, records, options, group));
    send(prepared);
    return prepared.map(({ operation }) => operation);
  };
  return {
    [route.action]: (given: unknown, options?: CallOptions) => enqueue([manyOf(route, given)], options)[0],
    [`${route.action}Each`]: (records: readonly unknown[], options?: CallOptions) =>
      enqueue(
        records.map((record) => [record]),
        options,
      ),
  };
}

/** All of them, or, where one of them does not fit, none. */
function submitGroup(page: Page, packets: readonly Prepared[]): void {
  const savings = packets.flatMap(({ operation, draft }) => (draft ? [{ operation, draft }] : []));
  if (savings.length === packets.length) {
    page.desk.submit(savings);
    return;
  }
  const error = new CrudpError('rolled_back', 'another packet of its atomic group does not fit its type');
  failAll(savings, error);
}
