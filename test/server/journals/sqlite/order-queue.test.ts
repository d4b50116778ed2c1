import { describe, expect, it } from 'vitest';
import type { Call } from '../../../../src/lib/server/journals/sqlite/calls.ts';
import { maxOrderCalls } from '../../../../src/lib/server/journals/sqlite/group-size.ts';
import type { Order } from '../../../../src/lib/server/journals/sqlite/messages.ts';
import { OrderQueue } from '../../../../src/lib/server/journals/sqlite/order-queue.ts';

function orderOf(calls: number): Order {
  return { calls: Array.from({ length: calls }, (): Call => ({ name: 'claim', args: [] })) };
}

const full = () => orderOf(maxOrderCalls);

function queueOf(...coming: Order[]): OrderQueue {
  return new OrderQueue(() => coming.shift());
}

describe('The orders of a commit', () => {
  it('are all that have come', () => {
    const [one, two, three] = [orderOf(1), orderOf(2), orderOf(3)];
    const queue = queueOf(two, three);
    queue.add(one);
    expect(queue.take(0, 1)).toEqual([one, two, three]);
    expect(queue.take(0, 1)).toEqual([]);
  });

  it('are no more than a group holds; the others are the next', () => {
    const large = [orderOf(300), orderOf(300), orderOf(300)];
    const queue = queueOf(...large);
    expect([queue.take(0, 1), queue.take(0, 1), queue.take(0, 1)]).toEqual([large.slice(0, 2), large.slice(2), []]);
  });

  it('end with the order to close', () => {
    const queue = queueOf('close', orderOf(1));
    queue.add(orderOf(1));
    expect(queue.take(10, 1)).toEqual([orderOf(1), 'close']);
  });

  it('are half of those of one turn where the event loop took longer than a commit', () => {
    const orders = [full(), full(), full()];
    const queue = queueOf(...orders);
    expect(queue.take(2, 1)).toEqual(orders.slice(0, 2));
    // No time was lost now: what is left, and what comes meanwhile.
    expect(queue.take(0, 1)).toEqual(orders.slice(2));
  });

  it.each([
    ['a commit costs more than the wait', 1, 2],
    ['there was no load', 1000, 1],
  ])('are all of them where %s', (_, idleMs, commitMs) => {
    const orders = [full(), full()];
    expect(queueOf(...orders).take(idleMs, commitMs)).toEqual(orders);
  });

  it('are all where they came in several turns', () => {
    const orders = [orderOf(3), orderOf(3)];
    expect(queueOf(...orders).take(2, 1)).toEqual(orders);
  });
});
