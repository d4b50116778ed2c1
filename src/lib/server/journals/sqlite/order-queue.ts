import { GroupSize, maxOrderCalls } from './group-size.ts';
import type { Order } from './messages.ts';

/** Whoever had nothing to do for longer was not waiting for the event loop to go on: there was no load. */
const restMs = 50;

/**
 * Group commit. What came while the last group was committed is the next one: a call that comes alone waits for nobody,
 * and under load as many share an fsync as came during the last one. No timer is needed, so none delays; and the thread
 * never waits for the event loop between two commits.
 */
export class OrderQueue {
  readonly #orders: Order[] = [];
  readonly #receive: () => Order | undefined;

  /** @param receive Gives an order that has come since; undefined: none has. */
  constructor(receive: () => Order | undefined) {
    this.#receive = receive;
  }

  add(order: Order): void {
    this.#orders.push(order);
  }

  /**
   * Takes the orders whose calls share the next commit; none where there are none.
   *
   * @param idleMs For how long there was nothing to do.
   * @param commitMs What a commit costs.
   */
  take(idleMs: number, commitMs: number): Order[] {
    const orders = this.#orders;
    const size = new GroupSize();
    let count = 0;
    while (!size.isFull) {
      if (count === orders.length) {
        const order = this.#receive();
        if (order === undefined) break;
        orders.push(order);
      }
      const order = orders[count++] as Order;
      if (order === 'close') break;
      size.add(order.calls);
    }
    // All have come at once, and the event loop takes longer to go on with them than another commit costs: two halves, so
    // that it goes on with one while the other is committed. From then on they come by turns, and nobody is idle.
    const [first] = orders;
    const isOneTurn = count > 1 && first !== 'close' && first !== undefined && first.calls.length >= maxOrderCalls;
    if (isOneTurn && idleMs > commitMs && idleMs < restMs) count = Math.ceil(count / 2);
    return orders.splice(0, count);
  }
}
