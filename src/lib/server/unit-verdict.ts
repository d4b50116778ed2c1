import { Status } from '../packet.ts';
import type { Entry } from './entries.ts';
import { settleWith } from './invoke.ts';
import type { Unit, UnitPacket } from './units.ts';
import { type VerdictFacts, verdictOn } from './verdict.ts';

/** What a unit comes to of which a packet has a result without its handler: the others are rolled back. null: it is to be run. */
export function settleByVerdict(unit: Unit, factsOf: (packet: UnitPacket) => VerdictFacts): Entry | null {
  const verdicts = unit.packets.map((packet) => {
    const after = packet.after?.filter((seq) => !unit.packets.some((other) => other.seq === seq)) ?? [];
    return verdictOn({ ...packet, after }, factsOf(packet));
  });
  if (verdicts.every((verdict) => verdict === null)) return null;
  const settled = unit.packets.map((packet, index) => {
    const { status, message } = verdicts[index] ?? { status: Status.rolled_back, message: '' };
    return settleWith({ packet }, status, message);
  });
  return { batch: unit.batch, packets: unit.packets, settled, byVerdict: true };
}
