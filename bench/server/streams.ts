import { Listeners } from './listeners.ts';
import { median, percentile } from './statistics.ts';
import { type Target, withTarget } from './target.ts';

type StreamKind = 'streams' | 'bare-streams';

async function memoryOf(target: Target): Promise<number> {
  return (await target.ask({ kind: 'memory' }, 'memory')).bytes;
}

/** Resident bytes that an idle stream takes. */
export function idleBytes(kind: StreamKind, streams: number): Promise<number> {
  return withTarget(kind, async (target) => {
    const warm = new Listeners(target.port);
    await warm.open(100);
    const before = await memoryOf(target);
    const listeners = new Listeners(target.port);
    await listeners.open(streams);
    const bytes = ((await memoryOf(target)) - before) / streams;
    listeners.close();
    warm.close();
    return bytes;
  });
}

/**
 * Events a second that arrive, when everybody is told the same several times.
 *
 * @param pushes Sent before it is looked who has had them.
 * @param times So often, each when all streams have had those before.
 */
export function broadcastRate(kind: StreamKind, streams: number, pushes: number, times = 1): Promise<number> {
  return withTarget(kind, async (target) => {
    const listeners = new Listeners(target.port);
    await listeners.open(streams);
    const rates: number[] = [];
    const rounds = 5;
    for (let round = 0; round <= rounds; round++) {
      let seconds = 0;
      for (let time = 0; time < times; time++) seconds += await broadcast(target, listeners, pushes);
      // The first round warms up.
      if (round > 0) rates.push((streams * pushes * times) / seconds);
    }
    listeners.close();
    return median(rates);
  });
}

/** @returns Seconds from the first of the pushes to the last arrival. */
async function broadcast(target: Target, listeners: Listeners, pushes: number): Promise<number> {
  listeners.watch();
  let first = '';
  for (let push = 0; push < pushes; push++) {
    const { sentAt } = await target.ask({ kind: 'push', text: 'The shop closes at six today.' }, 'pushed');
    first ||= sentAt;
  }
  const arrivals = await listeners.arrivals(pushes);
  const last = arrivals.reduce((latest, own) => {
    const at = own.at(-1) as bigint;
    return at > latest ? at : latest;
  }, 0n);
  return Number(last - BigInt(first)) / 1e9;
}

export interface Healthy {
  /** ms from the push to its arrival, at the streams that take what comes. */
  readonly p99: number;
  /** Resident bytes that a stream took whose reader takes nothing. */
  readonly bytesPerPaused: number;
}

/** Pushes before those that are timed. The first find code and buffers cold, here as in a broadcast's first round. */
const warmUps = 10;

/** @param paused Streams whose readers stop reading before anything is pushed. */
export function besidePaused(healthy: number, paused: number, pushes: number): Promise<Healthy> {
  return withTarget('streams', async (target) => {
    const [well, stuck] = [new Listeners(target.port), new Listeners(target.port)];
    await well.open(healthy);
    await stuck.open(paused);
    stuck.pause();
    const before = await memoryOf(target);
    await pushSome(target, well, warmUps);
    const latencies = await pushSome(target, well, pushes);
    const bytes = (await memoryOf(target)) - before;
    well.close();
    stuck.close();
    return { p99: percentile(latencies, 0.99), bytesPerPaused: paused === 0 ? 0 : bytes / paused };
  });
}

/** @returns ms from each push to its arrival at each of the listeners. */
async function pushSome(target: Target, listeners: Listeners, pushes: number): Promise<number[]> {
  listeners.watch();
  const text = 'x'.repeat(16_384);
  const sentAt: bigint[] = [];
  for (let push = 0; push < pushes; push++) {
    sentAt.push(BigInt((await target.ask({ kind: 'push', text }, 'pushed')).sentAt));
    await new Promise<void>((resolve) => setTimeout(resolve, 40));
  }
  const arrivals = await listeners.arrivals(pushes);
  return arrivals.flatMap((own) => own.map((at, index) => Number(at - (sentAt[index] as bigint)) / 1e6));
}
