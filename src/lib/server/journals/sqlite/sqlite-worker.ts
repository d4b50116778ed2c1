// The thread that SQLite runs on, so that an fsync never blocks the server's event loop.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { flat } from '../../../flat.ts';
import type { Call } from './calls.ts';
import { type Engine, type EngineOptions, openEngine } from './engine.ts';
import { buffersOf, type Order, packError, packReply, type Report, replyBlobsOf } from './messages.ts';
import { OrderQueue } from './order-queue.ts';
import { type PackedCalls, unpackCalls } from './packed-calls.ts';

if (!parentPort) throw new TypeError('this module is the thread of the SQLite journal, not to be imported');
const port = parentPort;

function run(engine: Engine, orders: readonly Order[]): void {
  const groups = orders.filter((order) => order !== 'close').map((order) => order.calls);
  const calls = flat(groups, (group) => group);
  const replies = calls.length > 0 ? engine.run(calls) : [];
  const blobs: Uint8Array[] = [];
  for (const [index, reply] of replies.entries()) blobs.push(...replyBlobsOf(calls[index] as Call, reply));
  let end = 0;
  const reports = groups.map(({ length }): Report => {
    end += length;
    return { replies: replies.slice(end - length, end).map(packReply) };
  });
  report(reports, buffersOf(blobs));
}

function orderOf(message: PackedCalls | 'close'): Order {
  return message === 'close' ? message : { calls: unpackCalls(message) };
}

function report(reports: readonly Report[], transfer: ArrayBuffer[] = []): void {
  port.postMessage(reports, transfer);
}

try {
  const engine = await openEngine(workerData as EngineOptions);
  const queue = new OrderQueue(() => {
    const received = receiveMessageOnPort(port);
    return received && orderOf(received.message);
  });
  let endedAt = performance.now();
  port.on('message', (message: PackedCalls | 'close') => {
    let idleMs = performance.now() - endedAt;
    queue.add(orderOf(message));
    for (;;) {
      const orders = queue.take(idleMs, engine.commitMs);
      if (orders.length === 0) return;
      run(engine, orders);
      [idleMs, endedAt] = [0, performance.now()];
      if (orders.at(-1) === 'close') break;
    }
    engine.close();
    port.close();
  });
  report([{ epoch: engine.epoch }]);
} catch (error) {
  report([{ fault: packError(error) }]);
}
