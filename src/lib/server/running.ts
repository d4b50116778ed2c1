import { setMaxListeners } from 'node:events';
import type { Codec } from '../codec/codec.ts';
import { loadCodec } from '../codec/load.ts';
import type { Contract } from '../contract/contract.ts';
import type { CrudpError } from '../errors.ts';
import { type AcceptDeps, accept } from './accept.ts';
import { bindRoutes } from './bound-routes.ts';
import { Broker } from './broker.ts';
import { call } from './calls/call.ts';
import type { CallRequest, EventSink, EventsRequest, Session, SyncReply, SyncRequest } from './core.ts';
import { drain } from './drain.ts';
import { createFailedPackets, type FailedPackets } from './failed-packets.ts';
import { PacketFiles } from './files/packet-files.ts';
import type { Implementation } from './implement.ts';
import type { OutboxKey } from './journal.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Settings, WaitsFor } from './options.ts';
import { type OnStorageFailure, watchStorage } from './storage-watch.ts';
import { Streams } from './streams.ts';
import { startTrimming } from './trimming.ts';
import { Worker } from './worker.ts';

/** A server that has been started: its parts, put together, until it is closed. */
export interface Running {
  readonly codec: Codec;
  sync(request: SyncRequest): Promise<SyncReply>;
  subscribe(request: EventsRequest, sink: EventSink): Promise<Session>;
  call(request: CallRequest): Promise<readonly unknown[]>;
  /** Has the packets of an outbox looked at again that wait for something outside. */
  resume(key: OutboxKey): Promise<void>;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
  readonly packets: FailedPackets;
  /** Streams get `bye`, running handlers end, the journal is closed. Called once. */
  close(): Promise<void>;
}

// Reads a frame's head whatever its contract: no routes, so no records.
const headOnly = { inputs: new Map(), outputs: new Map() };

/**
 * Puts the parts together, opens the journal and begins to work off what is pending in it.
 *
 * @param closing Aborted before `close` is called.
 * @throws {TypeError} `bad_implementation`, before anything is opened.
 */
export async function run(
  contract: Contract,
  implementations: readonly Implementation<Contract>[],
  settings: Settings,
  log: Log,
  metrics: Metrics,
  closing: AbortSignal,
): Promise<Running> {
  const routes = bindRoutes(contract, implementations);
  const { clock } = settings;
  const journal = watchStorage(settings.journal, (error) => storageFailed(settings.onStorageFailure, error, log));
  const codec = settings.codec ?? (await loadCodec());
  await journal.open();
  const broker = new Broker(journal);
  const { uploads } = settings;
  const files = new PacketFiles(contract, uploads);
  const shared = { ...settings, journal, contract, codec, broker, metrics, log, files, now: () => clock.now() };
  const worker = new Worker({ ...shared, routes, waitsFor: waitsForAll(settings, files) });
  const uploadsFailed = (error: unknown): void => log({ event: 'failed', where: 'uploads', error });
  const opening = uploads?.open({
    clock,
    onError: uploadsFailed,
    onComplete: (user, id) => {
      for (const key of files.arrived(user, id)) worker.resume(key).catch(uploadsFailed);
    },
  });
  await opening?.catch(async (error: unknown) => {
    // Nobody else would: there is no server to be closed.
    await journal.close();
    throw error;
  });
  const streams = new Streams({
    ...shared,
    contract: contract.version,
    seqsOf: (frame) => codec.decodeResponse(headOnly, frame).results.map(({ seq }) => seq),
  });
  const acceptDeps: AcceptDeps = { ...shared, closing };
  const accepting = new Set<Promise<unknown>>();
  const calling = new Set<Promise<unknown>>();
  const graceOver = new AbortController();
  // Every call that has a deadline listens to it.
  setMaxListeners(0, graceOver.signal);
  broker.open();
  broker.onWork(() => worker.wake());
  worker.wake();
  const stopTrimming = startTrimming(shared);
  log({ event: 'started', epoch: journal.epoch });
  return {
    codec,
    sync(request) {
      const reply = accept(acceptDeps, request).finally(() => accepting.delete(reply));
      accepting.add(reply);
      return reply;
    },
    subscribe: (request, sink) => streams.open(request, sink),
    call(request) {
      const reply = call({ ...shared, routes }, request, graceOver.signal).finally(() => calling.delete(reply));
      calling.add(reply);
      return reply;
    },
    async metrics() {
      const { open, unsentBytes } = streams.load;
      return metrics.text({ backlog: await journal.backlog(), openStreams: open, unsentBytes, now: clock.now() });
    },
    packets: createFailedPackets({ ...shared, routes }, closing),
    resume: (key) => worker.resume(key),
    async close() {
      stopTrimming();
      streams.bye('drain');
      const { graceMs } = settings;
      await Promise.all([worker.stop(graceMs), drain(Promise.allSettled(calling), graceOver, clock, graceMs)]);
      await Promise.allSettled(accepting);
      broker.close();
      await uploads?.close();
      await journal.close();
      log({ event: 'closed' });
    },
  };
}

/** A packet waits for its uploads, and for what the application says. */
function waitsForAll({ uploads, waitsFor }: Settings, files: PacketFiles): WaitsFor | undefined {
  if (!uploads) return waitsFor;
  return async (packet, identity, outbox) =>
    (await files.areMissing(packet, { user: identity.user, outbox })) ||
    (waitsFor !== undefined && (await waitsFor(packet, identity, outbox)));
}

function storageFailed(then: OnStorageFailure, error: CrudpError, log: Log): void {
  log({ event: 'storage_failed', error });
  // After this turn: the answers that are on their way say why.
  if (then === 'exit') setImmediate(() => process.exit(1));
  if (typeof then !== 'function') return;
  // In a promise: what it throws must not stand in for the error that it is told of.
  const told = (async () => then(error))();
  told.catch((failure: unknown) => log({ event: 'failed', where: 'onStorageFailure', error: failure }));
}
