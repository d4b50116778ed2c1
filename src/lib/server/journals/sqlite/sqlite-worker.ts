// The thread that SQLite runs on, so that an fsync never blocks the server's event loop.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Engine, type EngineOptions, openEngine } from './engine.ts';
import { GroupSize } from './group-size.ts';
import { buffersOf, type Order, packError, packReply, type Report, replyBlobsOf } from './messages.ts';

if (!parentPort) throw new TypeError('this module is the thread of the SQLite journal, not to be imported');
const port = parentPort;

/**
 * Group commit. What came while the last group was committed is the next one: a call that comes alone waits for nobody,
 * and under load as many share an fsync as came during the last one. No timer is needed, so none delays; and the thread
 * never waits for the event loop between two commits.
 */
function groupFrom(first: Order): Order[] {
  const orders: Order[] = [];
  const size = new GroupSize();
  for (let order: Order | undefined = first; order; ) {
    orders.push(order);
    if (order === 'close') break;
    size.add(order.calls);
    order = size.isFull ? undefined : (receiveMessageOnPort(port)?.message as Order | undefined);
  }
  return orders;
}

function run(engine: Engine, orders: readonly Order[]): void {
  const groups = orders.filter((order) => order !== 'close').map((order) => order.calls);
  const calls = groups.flat();
  const replies = calls.length > 0 ? engine.run(calls) : [];
  const blobs = calls.flatMap((call, index) => replyBlobsOf(call, replies[index] as (typeof replies)[number]));
  let end = 0;
  const reports = groups.map(({ length }): Report => {
    end += length;
    return { replies: replies.slice(end - length, end).map(packReply) };
  });
  report(reports, buffersOf(blobs));
}

function report(reports: readonly Report[], transfer: ArrayBuffer[] = []): void {
  port.postMessage(reports, transfer);
}

try {
  const engine = await openEngine(workerData as EngineOptions);
  port.on('message', (order: Order) => {
    const orders = groupFrom(order);
    run(engine, orders);
    if (orders.at(-1) !== 'close') return;
    engine.close();
    port.close();
  });
  report([{ epoch: engine.epoch }]);
} catch (error) {
  report([{ fault: packError(error) }]);
}
