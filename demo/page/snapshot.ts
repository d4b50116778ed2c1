import type { Client, Document, Invoice } from '../contract.ts';
import type { Refusal } from './view.ts';

/** What a page knew last, so that the next one has something to show before it has heard from the server. */
export interface Snapshot {
  readonly clients: readonly Client[];
  readonly invoices: readonly Invoice[];
  readonly documents: readonly Document[];
  readonly refusals: readonly Refusal[];
  readonly isLoaded: boolean;
}

const nothing: Snapshot = { clients: [], invoices: [], documents: [], refusals: [], isLoaded: false };

/** Each user's own: a browser may be shared. */
function keyFor(user: string): string {
  return `crudp-demo:rows:${user}`;
}

export function loadSnapshot(user: string): Snapshot {
  try {
    return { ...nothing, ...(JSON.parse(localStorage.getItem(keyFor(user)) ?? '{}') as Partial<Snapshot>) };
  } catch {
    return nothing;
  }
}

/** Best effort: these rows are the server's, and what is not sent yet stands in the outbox. */
export function saveSnapshot(user: string, snapshot: Snapshot): void {
  try {
    localStorage.setItem(keyFor(user), JSON.stringify(snapshot));
  } catch {
    localStorage.removeItem(keyFor(user));
  }
}

/** Hears what another page of the same user has saved. */
export function onSnapshot(user: string, listener: (snapshot: Snapshot) => void): void {
  addEventListener('storage', ({ key }) => {
    if (key === keyFor(user)) listener(loadSnapshot(user));
  });
}
