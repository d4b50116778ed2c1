import type {
  DecodedPush,
  DecodedRequest,
  DecodedResponse,
  PacketHead,
  PacketResult,
  PushPacket,
  RequestHead,
  RequestPacket,
} from '../../packet.ts';
import type { OpenFrame } from './decode-batch.ts';
import { none } from './packet-records.ts';

/** Makes a batch of some of a frame's packets, which follow those it made last. */
export type Read<T> = (from: number, to: number) => T;

export function requestReader(open: OpenFrame): Read<DecodedRequest> {
  const { outbox, first, oldest, seqs, routes, counts, groups } = open;
  const { f64, i32 } = open.heap;
  const after = open.dependencies();
  const records = open.records();
  return (from, to) => {
    records.make(from, to);
    const packets = new Array<RequestPacket>(to - from);
    for (let i = from; i < to; i++) {
      const route = i32[routes + i] as number;
      packets[i - from] = {
        seq: f64[seqs + i] as number,
        route,
        records: records.take(route, f64[counts + i] as number),
        after: after === undefined ? none : (after[i] as number[]),
        group: groups === 0 ? 0 : (i32[groups + i] as number),
      };
    }
    return { outbox, first, oldest, packets: records.told(packets, from) };
  };
}

export function responseReader(open: OpenFrame): Read<DecodedResponse> {
  const { outbox, seqs, routes, counts, statuses } = open;
  const { f64, i32 } = open.heap;
  const messages = open.messages();
  const records = open.records();
  return (from, to) => {
    records.make(from, to);
    const results = new Array<PacketResult>(to - from);
    for (let i = from; i < to; i++) {
      const route = i32[routes + i] as number;
      results[i - from] = {
        seq: f64[seqs + i] as number,
        route,
        records: records.take(route, f64[counts + i] as number),
        status: i32[statuses + i] as number,
        message: messages === undefined ? '' : messages.of(i),
      };
    }
    return { outbox, results: records.told(results, from) };
  };
}

export function pushReader(open: OpenFrame): Read<DecodedPush> {
  const { routes, counts } = open;
  const { f64, i32 } = open.heap;
  const records = open.records();
  return (from, to) => {
    records.make(from, to);
    const packets = new Array<PushPacket>(to - from);
    for (let i = from; i < to; i++) {
      const route = i32[routes + i] as number;
      packets[i - from] = { route, records: records.take(route, f64[counts + i] as number) };
    }
    return { packets: records.told(packets, from) };
  };
}

export function readHead(open: OpenFrame): RequestHead {
  const { outbox, first, oldest, count, seqs, routes, counts, groups } = open;
  const { f64, i32 } = open.heap;
  const after = open.dependencies();
  const packets = new Array<PacketHead>(count);
  for (let i = 0; i < count; i++) {
    packets[i] = {
      seq: f64[seqs + i] as number,
      route: i32[routes + i] as number,
      items: f64[counts + i] as number,
      after: after === undefined ? none : (after[i] as number[]),
      group: groups === 0 ? 0 : (i32[groups + i] as number),
    };
  }
  return { outbox, first, oldest, packets };
}
