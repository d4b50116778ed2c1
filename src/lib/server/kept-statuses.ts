import { Status } from '../packet.ts';

/**
 * Statuses that somebody may want to do something about: not those that are an answer (a conflict, a denial), nor those
 * that follow from another packet's. Packets that end so are kept for an operator, with what they have brought.
 */
export const keptStatuses: ReadonlySet<number> = new Set([
  Status.failed,
  Status.expired,
  Status.exhausted,
  Status.poison,
  Status.internal,
]);
