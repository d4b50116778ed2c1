import { setImmediate, setTimeout } from 'node:timers/promises';
import { Pool } from 'undici';
import { sale, type Way } from './contract.ts';
import { batchPackets, Sender } from './sender.ts';
import { percentile } from './statistics.ts';
import { type Target, withTarget } from './target.ts';

const clients = 32;
/** The load generator's sleep between two looks at the clock. */
const napMs = 0.2;
/** Whom nobody ever wakes. */
const nobody = new Int32Array(new SharedArrayBuffer(4));

export interface Latencies {
  /** Batches a second, as they were meant to be sent. */
  readonly offered: number;
  /** ms from the intended send to the 202. */
  readonly p50: number;
  readonly p99: number;
}

function poolOf({ port }: Target, connections: number): Pool {
  return new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 });
}

/** Runs as many calls at once as there are clients, for so long. @returns Calls a second. */
async function closedLoop(seconds: number, calls: readonly (() => Promise<unknown>)[]): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let count = 0;
  const startedAt = performance.now();
  await Promise.all(
    calls.map(async (call) => {
      while (performance.now() < end) {
        await call();
        count++;
      }
    }),
  );
  return (count / (performance.now() - startedAt)) * 1000;
}

export interface Peak {
  /** Packets a second onto the disk. */
  readonly packets: number;
  /** How late the server's event loop was meanwhile, and that of a process that had nothing to do: at 99.9 %, in ms. */
  readonly loopMs: number;
  readonly idleLoopMs: number;
}

export function peakOf(seconds: number): Promise<Peak> {
  return withTarget('bare-streams', (idle) => withTarget('accept', (target) => peakBeside(idle, target, seconds)));
}

async function peakBeside(idle: Target, target: Target, seconds: number): Promise<Peak> {
  const pool = poolOf(target, clients);
  const senders = Array.from({ length: clients }, () => new Sender(pool));
  for (const sender of senders) sender.prepare(Math.ceil(20 * seconds) + 5);
  const posts = senders.map((sender) => () => sender.post());
  await closedLoop(Math.min(1, seconds / 4), posts);
  const both = [target, idle] as const;
  for (const one of both) one.tell({ kind: 'watch-loop' });
  const batches = await closedLoop(seconds, posts);
  const [loop, idleLoop] = await Promise.all(both.map((one) => one.ask({ kind: 'loop' }, 'loop')));
  await pool.close();
  return {
    packets: batches * batchPackets,
    loopMs: loop?.ms[2] ?? Number.NaN,
    idleLoopMs: idleLoop?.ms[2] ?? Number.NaN,
  };
}

/** The baseline: operations a second, each a JSON POST and a commit of its own. */
export function onePostEach(seconds: number): Promise<number> {
  return withTarget('per-post', async (target) => {
    const pool = poolOf(target, clients);
    let id = 0;
    const headers = { 'content-type': 'application/json' };
    const post = async (): Promise<void> => {
      const body = JSON.stringify(sale(++id));
      const { body: answer } = await pool.request({ method: 'POST', path: '/', headers, body });
      await answer.json();
    };
    const operations = await closedLoop(
      seconds,
      Array.from({ length: clients }, () => post),
    );
    await pool.close();
    return operations;
  });
}

/** Sends batches at their times, whatever has become of earlier ones: who waits for a slow server counts his waiting. */
export function openLoop(kind: 'accept' | 'bare-posts', offered: number, seconds: number): Promise<Latencies> {
  return withTarget(kind, async (target) => {
    const pool = poolOf(target, 64);
    const total = Math.ceil(offered * seconds);
    const senders = Array.from({ length: Math.min(total, 256) }, () => new Sender(pool));
    for (const sender of senders) sender.prepare(Math.ceil(total / senders.length) + 1);
    const warming = Array.from({ length: clients }, () => new Sender(pool));
    await closedLoop(
      Math.min(1, seconds / 4),
      warming.map((sender) => () => sender.post()),
    );
    const latencies: number[] = [];
    const posts: Promise<void>[] = [];
    const startedAt = performance.now() + 20;
    /** @returns ms until the next one is due; undefined: that was the last. */
    const sendDue = (): number | undefined => {
      const now = performance.now();
      while (posts.length < total) {
        const intendedAt = startedAt + (posts.length / offered) * 1000;
        if (intendedAt > now) return intendedAt - now;
        const sender = senders[posts.length % senders.length] as Sender;
        posts.push(sender.post().then(() => void latencies.push(performance.now() - intendedAt)));
      }
      return undefined;
    };
    // A timer is a millisecond late, and that would be the server's. Turns of the event loop alone would take one of two cores
    // from it; so the thread sleeps between them, for so short that an answer hardly waits to be heard.
    for (let dueMs = sendDue(); dueMs !== undefined; dueMs = sendDue()) {
      if (dueMs <= 2) Atomics.wait(nobody, 0, 0, Math.min(dueMs, napMs));
      await (dueMs > 2 ? setTimeout(dueMs - 2) : setImmediate());
    }
    await Promise.all(posts);
    await pool.close();
    return { offered, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  });
}

/** Results a second, from the POST to the answer that carries them; each handler writes a row. */
export function resultsOf(way: Way, seconds: number, devices = clients): Promise<number> {
  return withTarget('run', async (target) => {
    const pool = poolOf(target, devices);
    const senders = Array.from({ length: devices }, () => new Sender(pool, way));
    for (const sender of senders) sender.prepare(Math.ceil(8 * seconds) + 3);
    await Promise.all(senders.map((sender) => sender.post(30)));
    let results = 0;
    const startedAt = performance.now();
    const end = startedAt + seconds * 1000;
    await Promise.all(
      senders.map(async (sender) => {
        while (performance.now() < end) {
          const more = await sender.post(30);
          results += more;
        }
      }),
    );
    const perSecond = (results / (performance.now() - startedAt)) * 1000;
    await pool.close();
    return perSecond;
  });
}
