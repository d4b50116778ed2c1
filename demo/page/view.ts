import type { Row } from './rows.ts';

/** Where a packet is that has no result yet: on this device, on its way, or safe on the server. */
export type PacketState = 'queued' | 'sent' | 'accepted' | 'parked';

/** A packet of the outbox, as far as a list of rows needs it. */
export interface Waiting {
  readonly reqId: string;
  readonly handler: string;
  readonly action: string;
  readonly records: readonly unknown[];
  readonly state: PacketState;
  /** Of files that go by upload. */
  readonly progress?: Progress;
}

/** Bytes that have arrived, of all that are to. */
export interface Progress {
  readonly bytes: number;
  readonly total: number;
}

/** A change that came to nothing, until the person has seen it. */
export interface Refusal {
  readonly reqId: string;
  readonly handler: string;
  readonly action: string;
  /** What was wished: a record, or for a delete its id. */
  readonly wished: unknown;
  /** Why not, in words. */
  readonly reason: string;
}

export interface Seen<R> {
  readonly record: R;
  readonly state: 'saved' | 'refused' | PacketState;
  /** It is there until the server has deleted it. */
  readonly leaving: boolean;
  readonly refusal?: Refusal;
  readonly progress?: Progress;
}

/**
 * What a person sees: the rows that are confirmed, changed by all that waits, in its order. Nothing is undone when
 * a packet is refused: the next view is simply made without it.
 *
 * @param blank What a new record has until the server says otherwise.
 */
export function viewOf<R extends Row>(
  confirmed: ReadonlyMap<string, R>,
  waiting: readonly Waiting[],
  refusals: readonly Refusal[],
  blank: Partial<R>,
): Seen<R>[] {
  const seen = new Map<string, Seen<R>>();
  for (const [id, record] of confirmed) seen.set(id, { record, state: 'saved', leaving: false });
  for (const packet of waiting) {
    for (const record of packet.records) applyTo(seen, packet, record, blank);
  }
  for (const refusal of refusals) attach(seen, refusal, blank);
  return [...seen.values()];
}

function applyTo<R extends Row>(
  seen: Map<string, Seen<R>>,
  { action, state, progress }: Waiting,
  record: unknown,
  blank: Partial<R>,
): void {
  switch (action) {
    case 'create': {
      const row = { ...blank, ...(record as R), revision: 1 };
      // Its result may have been heard before the outbox has dropped it.
      if (!seen.has(row.id)) seen.set(row.id, { record: row, state, leaving: false, ...(progress && { progress }) });
      return;
    }
    case 'update': {
      const change = record as R;
      const before = seen.get(change.id);
      if (!before || before.record.revision > change.revision) return;
      seen.set(change.id, { ...before, record: { ...change, revision: change.revision + 1 }, state });
      return;
    }
    case 'delete': {
      const before = seen.get(record as string);
      if (before) seen.set(record as string, { ...before, state, leaving: true });
    }
  }
}

function attach<R extends Row>(seen: Map<string, Seen<R>>, refusal: Refusal, blank: Partial<R>): void {
  const id = refusal.action === 'delete' ? (refusal.wished as string) : (refusal.wished as Row).id;
  const row = seen.get(id);
  if (row) {
    seen.set(id, { ...row, refusal });
    return;
  }
  if (refusal.action === 'delete') return;
  const record = { ...blank, ...(refusal.wished as R) };
  seen.set(id, { record, state: 'refused', leaving: false, refusal });
}
