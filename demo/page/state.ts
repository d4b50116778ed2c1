import type { Client, Document, Invoice, NewClient, NewDocument, NewInvoice } from '../contract.ts';
import type { Role } from '../roles.ts';
import type { SeenFrame } from './frame-log.ts';
import type { PacketState, Refusal, Seen } from './view.ts';

/** Who has signed in. */
export interface Me {
  readonly user: string;
  readonly name: string;
  readonly role: Role;
}

/** A packet on its journey, also after its end. */
export interface Journey {
  readonly reqId: string;
  /** What it is about, in words. */
  readonly title: string;
  readonly state: PacketState | 'done' | 'refused';
  /** All in ms since 1970 UTC; absent where this page was not there to see it. */
  readonly savedAt?: number;
  readonly sentAt?: number;
  readonly endedAt?: number;
}

export type Link = 'online' | 'connecting' | 'offline' | 'switched_off' | 'held' | 'signed_out';

/** All that the page shows. A new object after each change. */
export interface State {
  readonly clients: readonly Seen<Client>[];
  readonly invoices: readonly Seen<Invoice>[];
  readonly documents: readonly Seen<Document>[];
  /** Newest first. */
  readonly journeys: readonly Journey[];
  readonly waitingCount: number;
  readonly link: Link;
  /** The last frames that this page has sent and received, newest first. */
  readonly frames: readonly SeenFrame[];
  /** Whether it is this tab that sends and receives for all. */
  readonly isSender: boolean;
  /** Whether rows have ever been heard from the server on this device. */
  readonly isLoaded: boolean;
}

/** What panels show and do. */
export interface Store {
  readonly me: Me;
  readonly state: State;
  subscribe(listener: () => void): void;
  addClients(clients: readonly Omit<NewClient, 'id'>[]): void;
  changeClient(client: Client): void;
  deleteClient(client: Client): void;
  addInvoice(invoice: Omit<NewInvoice, 'id'>): void;
  changeInvoice(invoice: Invoice): void;
  deleteInvoice(invoice: Invoice): void;
  addDocument(document: Omit<NewDocument, 'id'>): void;
  deleteDocument(document: Document): void;
  dismiss(refusal: Refusal): void;
  setOnline(online: boolean): void;
  signOut(): Promise<void>;
}
