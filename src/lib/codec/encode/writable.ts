import type { PacketResult, PushPacket, RequestPacket } from '../../packet.ts';

/** A batch of any kind. */
export interface Writable {
  readonly kind: number;
  /** Absent in a push. */
  readonly outbox?: string;
  /** Sequence number of the first packet. */
  readonly first?: number;
  readonly oldest?: number;
  readonly packets: readonly (RequestPacket | PacketResult | PushPacket)[];
}

/** Whether a value may be a packet's number. */
export function isSeq(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
