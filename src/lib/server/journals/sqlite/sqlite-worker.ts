// The thread that SQLite runs on, so that an fsync never blocks the server's event loop.
import { parentPort, workerData } from 'node:worker_threads';
import { type EngineOptions, openEngine } from './engine.ts';
import { buffersOf, type Order, packError, packReply, type Report, replyBlobsOf } from './messages.ts';

if (!parentPort) throw new TypeError('this module is the thread of the SQLite journal, not to be imported');
const port = parentPort;

function report(message: Report, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

try {
  const engine = await openEngine(workerData as EngineOptions);
  port.on('message', (order: Order) => {
    if (order === 'close') {
      engine.close();
      port.close();
      return;
    }
    const replies = engine.run(order.calls);
    const blobs = order.calls.flatMap((call, index) => replyBlobsOf(call, replies[index] as (typeof replies)[number]));
    report({ replies: replies.map(packReply) }, buffersOf(blobs));
  });
  report({ epoch: engine.epoch });
} catch (error) {
  report({ fault: packError(error) });
}
