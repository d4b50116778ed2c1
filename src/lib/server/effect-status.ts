import { Status } from '../packet.ts';
import type { EffectFailure } from './journal.ts';

/** What a failed effect makes of its packet: a row or a rule that stands against it is an answer, all else is a fault. */
export function statusOfEffect({ changes, isConstraint }: EffectFailure): number {
  return changes !== undefined || isConstraint ? Status.conflict : Status.internal;
}
