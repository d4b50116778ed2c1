import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { DecodeError } from '../errors.ts';
import { flat } from '../flat.ts';
import type { DecodeLimits } from '../limits.ts';
import type { Reading, RequestPacket } from '../packet.ts';
import type { PendingBatch, Span } from './journal.ts';
import { isWithin } from './journals/spans.ts';

export type UnitPacket = RequestPacket & Reading;

/** What is run and committed as one: a packet, or an atomic group's. Never empty. */
export interface Unit {
  readonly batch: PendingBatch;
  readonly packets: readonly UnitPacket[];
  readonly atomic: boolean;
  /** Packets of other units that must have ended well before this one runs. */
  readonly after: readonly number[];
}

export interface UnitDeps {
  readonly contract: Contract;
  readonly codec: Codec;
  readonly limits: DecodeLimits;
}

/** A batch's packets that have not been completed, in order. */
export function unitsOf(
  batch: PendingBatch,
  { next, done }: { readonly next: number; readonly done: readonly Span[] },
  deps: UnitDeps,
): Unit[] {
  const from = Math.max(batch.from, next);
  if (from > batch.to) return [];
  const packets = packetsOf(batch, deps).filter(
    ({ seq }) => seq >= from && seq <= batch.to && (done.length === 0 || !isWithin(done, seq)),
  );
  const units: Unit[] = [];
  for (let index = 0; index < packets.length; ) {
    const group = packets[index]?.group ?? 0;
    let end = index + 1;
    while (group !== 0 && packets[end]?.group === group) end++;
    const members = packets.slice(index, end);
    // Inside its group a packet's dependencies run before it, and nothing of the group stands if one of them fails.
    const after = members.flatMap((packet) => packet.after ?? []).filter((seq) => !members.some((m) => m.seq === seq));
    units.push({ batch, packets: members, atomic: group !== 0, after });
    index = end;
  }
  return units;
}

/** No routes, so no group is read and nothing is charged: what remains of any frame that was once accepted. */
const headOnly = { inputs: new Map(), outputs: new Map() };

/** A batch's packets, those too that were accepted with another: made anew each time. */
export function packetsOf(
  { frame }: Pick<PendingBatch, 'frame'>,
  { contract, codec, limits }: UnitDeps,
): readonly UnitPacket[] {
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

export function seqsOf(units: readonly Unit[]): number[] {
  return flat(units, ({ packets }) => packets).map(({ seq }) => seq);
}
