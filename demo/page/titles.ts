import type { Client, Document, Invoice } from '../contract.ts';

const verbs: Readonly<Record<string, string>> = { create: 'Add', update: 'Change', delete: 'Delete' };

export interface Titled {
  readonly handler: string;
  readonly action: string;
  readonly records: readonly unknown[];
}

/** `Add client Ana`, `Change invoice 12`: what a packet is about. */
export function titleOf(
  { handler, action, records: [record] }: Titled,
  clients: ReadonlyMap<string, Client>,
  invoices: ReadonlyMap<string, Invoice>,
  documents: ReadonlyMap<string, Document>,
): string {
  const verb = verbs[action] ?? action;
  if (handler === 'clients') {
    const client = typeof record === 'string' ? clients.get(record) : (record as Client);
    return `${verb} client ${client?.name ?? ''}`.trim();
  }
  if (handler === 'documents') {
    const document = typeof record === 'string' ? documents.get(record) : (record as Document);
    return `${verb} document ${document?.title ?? ''}`.trim();
  }
  const { number = 0, client = '' } = (typeof record === 'string' ? invoices.get(record) : (record as Invoice)) ?? {};
  const whose = clients.get(client)?.name;
  return `${verb} invoice ${number || (whose ? `for ${whose}` : '')}`.trim();
}

/** What a record is called. */
export function nameOf(record: Client | Invoice): string {
  if ('name' in record) return record.name;
  return record.number === 0 ? 'Invoice, no number yet' : `Invoice ${record.number}`;
}
