import type { Client, Document, Invoice } from '../contract.ts';
import { Journeys, type OutboxEntry } from './journeys.ts';
import { Rows } from './rows.ts';
import type { Snapshot } from './snapshot.ts';
import type { Journey } from './state.ts';
import { titleOf } from './titles.ts';
import { type Refusal, type Seen, viewOf } from './view.ts';
import { reasonFor } from './words.ts';

/** What a client tells of any of the contract's actions. */
export interface Heard {
  readonly kind: 'queued' | 'confirmed' | 'rejected' | 'remote' | 'push';
  readonly handler: string;
  readonly action: string;
  readonly reqId?: string;
  readonly replaces?: string;
  readonly records?: readonly unknown[];
  readonly result?: readonly unknown[];
  readonly error?: { readonly code: string; readonly issues?: readonly { readonly message: string }[] | undefined };
}

/** All that the page knows: what the server has confirmed, what waits, and what was refused. */
export class Ledger {
  isLoaded: boolean;
  private readonly clientRows: Rows<Client>;
  private readonly invoiceRows: Rows<Invoice>;
  private readonly documentRows: Rows<Document>;
  private readonly journeyList = new Journeys();
  private refusals: readonly Refusal[];
  private waiting: readonly OutboxEntry[] = [];

  constructor({ clients, invoices, documents, refusals, isLoaded }: Snapshot) {
    this.clientRows = new Rows(clients);
    this.invoiceRows = new Rows(invoices);
    this.documentRows = new Rows(documents);
    this.refusals = refusals;
    this.isLoaded = isLoaded;
  }

  get clients(): Seen<Client>[] {
    return viewOf(this.clientRows.all, ...this.concerning('clients'), {});
  }

  get invoices(): Seen<Invoice>[] {
    return viewOf(this.invoiceRows.all, ...this.concerning('invoices'), { number: 0 });
  }

  get documents(): Seen<Document>[] {
    const seen = viewOf(this.documentRows.all, ...this.concerning('documents'), {});
    return seen.map((row) => ({ ...row, record: withFileFacts(row.record) }));
  }

  get journeys(): Journey[] {
    return this.journeyList.all;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  get snapshot(): Snapshot {
    return {
      clients: [...this.clientRows.all.values()],
      invoices: [...this.invoiceRows.all.values()],
      documents: [...this.documentRows.all.values()],
      refusals: this.refusals,
      isLoaded: this.isLoaded,
    };
  }

  /** The packet that is about to create a client, if it still waits. */
  creatorOf(client: string): string | undefined {
    const isIt = ({ handler, action, records }: OutboxEntry) =>
      handler === 'clients' && action === 'create' && records.some((record) => (record as Client).id === client);
    return this.waiting.find(isIt)?.reqId;
  }

  /** Takes what the outbox holds. Reads are no changes: nobody waits for them to be saved. */
  setWaiting(entries: readonly OutboxEntry[]): void {
    this.waiting = entries.filter(({ action }) => action !== 'read');
    this.journeyList.observe(this.waiting, (entry) => this.titleOf(entry));
  }

  hear(event: Heard, now: number): void {
    const { kind, reqId = '', replaces } = event;
    if (event.action === 'read') return;
    if (kind === 'queued') {
      if (replaces !== undefined) this.journeyList.forget(replaces);
      return;
    }
    if (kind === 'rejected' && event.error?.code !== 'cancelled') this.refuse(event);
    if (kind === 'confirmed' || kind === 'rejected') {
      this.waiting = this.waiting.filter((entry) => entry.reqId !== reqId);
      // Before the rows change: a deleted one has a name now, and none after that.
      const title = this.titleOf({ ...event, records: event.records ?? [] });
      this.journeyList.end(reqId, kind === 'confirmed' ? 'done' : 'refused', now, title);
    }
    if (kind !== 'rejected') this.apply(event);
  }

  /** Takes complete lists. @param since Ids that were known when they were asked for. */
  reset({ clients, invoices, documents }: Lists, since: ReadonlySet<string>): void {
    this.clientRows.reset(clients, since);
    this.invoiceRows.reset(invoices, since);
    this.documentRows.reset(documents, since);
    this.isLoaded = true;
  }

  get ids(): Set<string> {
    return new Set([this.clientRows, this.invoiceRows, this.documentRows].flatMap(({ all }) => [...all.keys()]));
  }

  /** Replaces them by those that another page has kept or dismissed. */
  setRefusals(refusals: readonly Refusal[]): void {
    this.refusals = refusals;
  }

  dismiss(reqId: string): void {
    this.refusals = this.refusals.filter((refusal) => refusal.reqId !== reqId);
  }

  private refuse({ handler, action, reqId = '', records = [], error }: Heard): void {
    const reason = reasonFor(action, error ?? { code: 'failed' });
    // The same may be heard again, after a reload or from another page: it is one refusal.
    this.dismiss(reqId);
    this.refusals = [...this.refusals, ...records.map((wished) => ({ reqId, handler, action, wished, reason }))];
  }

  private apply({ handler, action, result = [] }: Heard): void {
    const rows = { clients: this.clientRows, invoices: this.invoiceRows, documents: this.documentRows }[handler];
    if (action === 'delete') rows?.remove(result as string[]);
    // Typed by the contract, from which the client has it.
    else (rows as Rows<Client> | undefined)?.put(result as Client[]);
  }

  private concerning(handler: string): [readonly OutboxEntry[], readonly Refusal[]] {
    return [
      this.waiting.filter((entry) => entry.handler === handler),
      this.refusals.filter((refusal) => refusal.handler === handler),
    ];
  }

  private titleOf(packet: Pick<OutboxEntry, 'handler' | 'action' | 'records'>): string {
    const clients = new Map(this.clients.map(({ record }) => [record.id, record]));
    return titleOf(packet, clients, this.invoiceRows.all, this.documentRows.all);
  }
}

interface Lists {
  readonly clients: readonly Client[];
  readonly invoices: readonly Invoice[];
  readonly documents: readonly Document[];
}

/** A document that waits has a file, and no facts of it yet. */
function withFileFacts(
  record: Document & { readonly scan?: { readonly name: string; readonly size: number } },
): Document {
  const { scan, ...document } = record;
  return scan ? { ...document, name: scan.name, size: scan.size } : document;
}
