import type { Reading, RequestPacket, Route } from '../packet.ts';
import { Status } from '../packet.ts';
import { issuesMessage } from './refusal.ts';

/** Why a packet comes to its result without its handler: a status and a message. */
export interface Verdict {
  readonly status: number;
  readonly message: string;
}

export interface VerdictFacts {
  /** Statuses of the packets that may be depended on: those that are kept, and those that ran just now. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly implemented: (route: Route) => boolean;
  /** Whether it has waited longer than the application allows. */
  readonly expired: boolean;
  /** Whether the process died during it as often as the application allows. */
  readonly poisonous: boolean;
}

/** Judges what can be judged without running anything (C.4); null: it is to be run. */
export function verdictOn(packet: RequestPacket & Reading, facts: VerdictFacts): Verdict | null {
  if (packet.mark) return { status: Status[packet.mark], message: '' };
  if (!facts.implemented(packet.route)) return { status: Status.unsupported, message: '' };
  if (packet.issues) return { status: Status.invalid, message: issuesMessage(packet.issues) };
  if (packet.after?.some((seq) => facts.statuses.get(seq) !== Status.ok))
    return { status: Status.skipped, message: '' };
  if (facts.poisonous) return { status: Status.poison, message: '' };
  if (facts.expired) return { status: Status.expired, message: '' };
  return null;
}
