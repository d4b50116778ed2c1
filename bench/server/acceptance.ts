import { Pool } from 'undici';
import { sale, type Way } from './contract.ts';
import { batchPackets, Sender } from './sender.ts';
import { percentile } from './statistics.ts';
import { type Target, withTarget } from './target.ts';

const clients = 32;

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

/** Packets a second onto the disk, and how the event loop did meanwhile (median, 99 %, 99.9 % of its delay in ms). */
export function peakOf(seconds: number): Promise<{ packets: number; loopMs: readonly number[] }> {
  return withTarget('accept', async (target) => {
    const pool = poolOf(target, clients);
    const senders = Array.from({ length: clients }, () => new Sender(pool));
    for (const sender of senders) sender.prepare(Math.ceil(20 * seconds) + 5);
    await closedLoop(
      Math.min(1, seconds / 4),
      senders.map((sender) => () => sender.post()),
    );
    target.tell({ kind: 'watch-loop' });
    const batches = await closedLoop(
      seconds,
      senders.map((sender) => () => sender.post()),
    );
    const { ms } = await target.ask({ kind: 'loop' }, 'loop');
    await pool.close();
    return { packets: batches * batchPackets, loopMs: ms };
  });
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
export function openLoop(offered: number, seconds: number): Promise<Latencies> {
  return withTarget('accept', async (target) => {
    const pool = poolOf(target, 64);
    const total = Math.ceil(offered * seconds);
    const senders = Array.from({ length: Math.min(total, 256) }, () => new Sender(pool));
    for (const sender of senders) sender.prepare(Math.ceil(total / senders.length) + 1);
    await Promise.all(senders.map((sender) => sender.post()));
    const latencies: number[] = [];
    const posts: Promise<void>[] = [];
    const startedAt = performance.now() + 20;
    const sendDue = (): boolean => {
      const now = performance.now();
      for (;;) {
        const intendedAt = startedAt + (posts.length / offered) * 1000;
        if (posts.length >= total) return false;
        if (intendedAt > now) return true;
        const sender = senders[posts.length % senders.length] as Sender;
        posts.push(sender.post().then(() => void latencies.push(performance.now() - intendedAt)));
      }
    };
    // By turns of the event loop: a timer is a millisecond late, and that would be the server's.
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        try {
          if (sendDue()) setImmediate(turn);
          else resolve();
        } catch (error) {
          reject(error);
        }
      };
      turn();
    });
    await Promise.all(posts);
    await pool.close();
    return { offered, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  });
}

/** Results a second, from the POST to the answer that carries them; each handler writes a row. */
export function resultsOf(way: Way, seconds: number): Promise<number> {
  return withTarget('run', async (target) => {
    const pool = poolOf(target, clients);
    const senders = Array.from({ length: clients }, () => new Sender(pool, way));
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
