import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { DecodeError } from '../errors.ts';
import type { DecodeLimits } from '../limits.ts';
import type { Reading, RequestPacket } from '../packet.ts';
import type { Claim, PendingBatch } from './journal.ts';

export type UnitPacket = RequestPacket & Reading;

/** What is run and committed as one: a packet, or an atomic group's. Never empty. */
export interface Unit {
  readonly batch: PendingBatch;
  readonly packets: readonly UnitPacket[];
  readonly atomic: boolean;
}

export interface UnitDeps {
  readonly contract: Contract;
  readonly codec: Codec;
  readonly limits: DecodeLimits;
}

/** A claim's packets from its `next` on, in order. Each batch is decoded when its first packet is asked for. */
export function* unitsOf(claim: Claim, deps: UnitDeps): Generator<Unit, undefined> {
  for (const batch of claim.batches) {
    const from = Math.max(batch.from, claim.next);
    if (from > batch.to) continue;
    const packets = packetsOf(batch, deps).filter(({ seq }) => seq >= from && seq <= batch.to);
    for (let index = 0; index < packets.length; ) {
      const group = packets[index]?.group ?? 0;
      let end = index + 1;
      while (group !== 0 && packets[end]?.group === group) end++;
      yield { batch, packets: packets.slice(index, end), atomic: group !== 0 };
      index = end;
    }
  }
}

/** No routes, so no group is read and nothing is charged: what remains of any frame that was once accepted. */
const headOnly = { inputs: new Map(), outputs: new Map() };

function packetsOf({ frame }: PendingBatch, { contract, codec, limits }: UnitDeps): readonly UnitPacket[] {
  try {
    // Copied: a handler may keep or change what it is given, and the frame is the journal's.
    return codec.decodeRequest(contract, frame, { limits, invalidValues: 'mark', copyBytes: true }).packets;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    // It was judged when it came in; since then the contract has grown or the limits have shrunk.
    const { packets } = codec.decodeRequest(headOnly, frame);
    return packets.map((packet) => ({ ...packet, records: [], mark: 'contract_mismatch' }));
  }
}
