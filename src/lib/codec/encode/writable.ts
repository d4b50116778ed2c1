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

export function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
