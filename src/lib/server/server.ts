import { setMaxListeners } from 'node:events';
import type { Contract, OutputWrite, RouteName, SpecOfRoute } from '../contract/contract.ts';
import type { Audience } from './context.ts';
import type { ServerCore, SyncReply } from './core.ts';
import type { FailedPackets } from './failed-packets.ts';
import { type Health, healthOf } from './health.ts';
import { fetchOf } from './http/fetch.ts';
import { createListener, type Listener } from './http/listener.ts';
import type { Implementation } from './implement.ts';
import type { OutboxKey } from './journal.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { type ServerOptions, settingsOf } from './options.ts';
import { logsOf, routeNumber } from './packet-context.ts';
import { RequestRefused, refusalOf } from './refused.ts';
import { type Running, run } from './running.ts';

/** A server of one contract, from `crudpServer`. */
export interface CrudpServer<C extends Contract> {
  /**
   * Adds modules' implementations. They are judged when the server starts.
   *
   * @throws {TypeError} `already_started`.
   */
  use(...implementations: readonly Implementation<C>[]): CrudpServer<C>;
  /**
   * Opens the journal and begins to run what is pending in it. Idempotent; a request starts the server too, but then
   * what is pending waits for the first request.
   *
   * @throws {TypeError} `bad_implementation`: twice the same handler, an action without an access rule, one that the
   *   contract lacks.
   */
  start(): Promise<void>;
  /**
   * Ends: takes nothing new, says `bye` to streams, lets running handlers finish for `graceMs`, closes the journal.
   * Idempotent, and for good.
   */
  close(): Promise<void>;
  /** What it has done and has to do, in Prometheus' text format 0.0.4. Starts the server. */
  metrics(): Promise<string>;
  /** Whether it can take batches now. Never rejects, starts nothing. */
  health(): Promise<Health>;
  /** Packets that came to nothing, for operators. Each call starts the server. */
  readonly packets: FailedPackets;
  /** Has packets looked at again that `waitsFor` has let step out of the line. */
  resume(key: OutboxKey): Promise<void>;
  /** For node:http: `createServer(server.listener)`; in front of other routes: `server.listener(req, res, next)`. */
  readonly listener: Listener;
  /**
   * For servers that speak the web's `Request` and `Response`, as Hono does: the same routes. `authenticate` and middleware
   * see a Node request made of it, without a connection.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** The server without HTTP. */
  readonly core: ServerCore;
  /** Tells users something that no packet caused. Resolves once it is durable. */
  push<R extends RouteName<C>>(
    to: Audience,
    route: R,
    records: readonly OutputWrite<SpecOfRoute<C, R>>[],
  ): Promise<void>;
}

/**
 * Makes the server of a contract. It listens where `listener` is mounted, and does nothing before it is started.
 *
 * @throws {TypeError} `bad_origin`.
 */
export function crudpServer<C extends Contract>(contract: C, options: ServerOptions): CrudpServer<C> {
  const settings = settingsOf(options);
  const { journal, clock } = settings;
  const implementations: Implementation<Contract>[] = [];
  const closing = new AbortController();
  // Every request that waits for results listens to it.
  setMaxListeners(0, closing.signal);
  const metrics = new Metrics(contract);
  let starting: Promise<Running> | undefined;
  let ending: Promise<void> | undefined;

  // A broken hook must not break what it was told of.
  const warn = (error: unknown) => process.emitWarning(`the log hook failed: ${String(error)}`, 'CrudpWarning');
  const log: Log = (event) => {
    metrics.hear(event);
    try {
      const told: unknown = settings.log({ at: clock.now(), ...event });
      if (told instanceof Promise) told.catch(warn);
    } catch (error) {
      warn(error);
    }
  };

  const started = (): Promise<Running> => {
    if (closing.signal.aborted) {
      const facts = { retryAfterSeconds: 2 };
      return Promise.reject(new RequestRefused(503, 'draining', 'the server is closing', facts));
    }
    starting ??= run(contract, implementations, settings, log, metrics, closing.signal).catch((error: unknown) => {
      // The next call tries again: a journal that another process held may be free by then.
      starting = undefined;
      throw error;
    });
    return starting;
  };

  const answer = async <Answer>(work: (running: Running) => Promise<Answer>): Promise<Answer> => {
    const running = await started();
    return work(running).catch((error: unknown) => {
      throw refusalOf(error);
    });
  };

  const core: ServerCore = {
    sync: (request) =>
      answer((running) => running.sync(request)).catch((error: unknown) => {
        if (error instanceof RequestRefused) return refusalReply(error);
        throw error;
      }),
    subscribe: (request, sink) => answer((running) => running.subscribe(request, sink)),
    call: (request) => answer((running) => running.call(request)),
  };

  const ready = async (): Promise<void> => void (await started());
  const listener = createListener({ ...settings, contract, core, log, ready });
  const server: CrudpServer<C> = {
    use(...added) {
      if (starting) throw new TypeError('[already_started] use() comes before start() and the first request');
      // Handlers are typed by their own contract; from here on they are called with what the codec has checked.
      implementations.push(...(added as unknown as readonly Implementation<Contract>[]));
      return server;
    },
    async start() {
      await started();
    },
    close() {
      ending ??= (async () => {
        closing.abort();
        await (await starting?.catch(() => undefined))?.close();
      })();
      return ending;
    },
    async metrics() {
      return (await started()).metrics();
    },
    health: () => healthOf({ journal, isClosing: closing.signal.aborted, hasStarted: starting !== undefined }),
    packets: {
      list: async (query) => (await started()).packets.list(query),
      runAgain: async (key) => (await started()).packets.runAgain(key),
      discard: async (key) => (await started()).packets.discard(key),
    },
    async resume(key) {
      await (await started()).resume(key);
    },
    listener,
    fetch: fetchOf(listener),
    core,
    async push(to, route, records) {
      const { codec } = await started();
      const frame = codec.encodePush(contract, { packets: [{ route: routeNumber(contract, route), records }] });
      await journal.append(logsOf(to).map((name) => ({ log: name, kind: 'push', frame })));
    },
  };
  return server;
}

function refusalReply({ httpStatus, body, retryAfterSeconds }: RequestRefused): SyncReply {
  return {
    status: httpStatus,
    json: body,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    outbox: '',
    packets: 0,
    appended: 0,
  };
}
