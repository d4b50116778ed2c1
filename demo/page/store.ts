import { type CrudpError, newUnixid } from 'crudp';
import { crudpClient, indexedDbStorage } from 'crudp/client';
import { app, type Client, type Invoice } from '../contract.ts';
import { FrameLog } from './frame-log.ts';
import { type Heard, Ledger } from './ledger.ts';
import { linkOf } from './link.ts';
import { isSwitchedOff, rememberSwitch } from './offline-switch.ts';
import { loadSnapshot, onSnapshot, saveSnapshot } from './snapshot.ts';
import type { Me, State, Store } from './state.ts';

interface Pending {
  readonly saved: Promise<string>;
}

/** Binds what the page shows to the CRUDP client of who has signed in. */
export function createStore(me: Me): Store {
  const ledger = new Ledger(loadSnapshot(me.user));
  const listeners = new Set<() => void>();
  const frames = new FrameLog();
  let isStale = true;
  let isReading = false;
  let isChangePending = false;
  let unsaved = 0;

  const client = crudpClient(app, {
    url: '/api',
    user: me.user,
    storage: indexedDbStorage('crudp-demo'),
    online: !isSwitchedOff(),
    onFrame({ frame, direction, at }) {
      frames.add(frame, direction, at);
      changed();
    },
    onGap() {
      isStale = true;
      changed();
    },
  });

  const read = (): State => ({
    clients: ledger.clients,
    invoices: ledger.invoices,
    documents: ledger.documents,
    journeys: ledger.journeys,
    waitingCount: ledger.waitingCount,
    link: linkOf(client.status.getSnapshot()),
    frames: frames.all,
    isSender: client.status.getSnapshot().isLeader,
    isLoaded: ledger.isLoaded,
  });
  let state = read();

  /** Ten results in one event make one new picture. */
  function changed(): void {
    if (isChangePending) return;
    isChangePending = true;
    queueMicrotask(() => {
      isChangePending = false;
      state = read();
      saveSnapshot(me.user, ledger.snapshot);
      for (const listener of listeners) listener();
      void refresh();
    });
  }

  function hear(event: Heard): void {
    ledger.hear(event, Date.now());
    changed();
  }

  for (const action of ['create', 'update', 'delete'] as const) {
    client.clients.on(action, hear);
    client.invoices.on(action, hear);
    if (action !== 'update') client.documents.on(action, hear);
  }
  client.outbox.subscribe(() => {
    ledger.setWaiting(client.outbox.getSnapshot().entries);
    changed();
  });
  ledger.setWaiting(client.outbox.getSnapshot().entries);
  client.status.subscribe(changed);
  onSnapshot(me.user, ({ refusals }) => {
    ledger.setRefusals(refusals);
    changed();
  });

  /** Reads everything once a visit and after a gap; all else is heard. Own changes go first: they would be missing in it. */
  async function refresh(): Promise<void> {
    if (!isStale || isReading || state.link !== 'online' || ledger.waitingCount > 0) return;
    isReading = true;
    const since = ledger.ids;
    try {
      const reads = [client.clients.read({}), client.invoices.read({}), client.documents.read({})] as const;
      const [clients, invoices, documents] = await Promise.all([reads[0].result, reads[1].result, reads[2].result]);
      ledger.reset({ clients, invoices, documents }, since);
      isStale = false;
    } catch (error) {
      // The next change of the link tries again; until then the page shows what it knew.
      console.warn('the lists could not be read', error);
    } finally {
      isReading = false;
      changed();
    }
  }

  /** A packet that could not even be stored here is refused like one that came back. */
  function keep(handler: string, action: string, records: readonly unknown[], operation: Pending): void {
    operation.saved.catch((error: CrudpError) => {
      hear({ kind: 'rejected', handler, action, reqId: `unsaved.${++unsaved}`, records, error });
    });
  }

  return {
    me,
    get state() {
      return state;
    },
    subscribe: (listener) => listeners.add(listener),
    addClients(drafts) {
      const records = drafts.map((draft) => ({ ...draft, id: newUnixid() }));
      const operations = client.clients.createEach(records);
      for (const [index, operation] of operations.entries()) keep('clients', 'create', [records[index]], operation);
    },
    changeClient: (record: Client) => keep('clients', 'update', [record], client.clients.update(record)),
    deleteClient: ({ id }) => keep('clients', 'delete', [id], client.clients.delete(id)),
    addInvoice(draft) {
      const record = { ...draft, id: newUnixid() };
      const creator = ledger.creatorOf(draft.client);
      // An invoice for a client whom the server refuses is skipped, instead of failing for a reason of its own.
      const options = creator === undefined ? {} : { after: creator };
      keep('invoices', 'create', [record], client.invoices.create(record, options));
    },
    changeInvoice: (record: Invoice) => keep('invoices', 'update', [record], client.invoices.update(record)),
    deleteInvoice: ({ id }) => keep('invoices', 'delete', [id], client.invoices.delete(id)),
    addDocument(draft) {
      const record = { ...draft, id: newUnixid() };
      keep('documents', 'create', [record], client.documents.create(record));
    },
    deleteDocument: ({ id }) => keep('documents', 'delete', [id], client.documents.delete(id)),
    dismiss({ reqId }) {
      ledger.dismiss(reqId);
      changed();
    },
    setOnline(online) {
      rememberSwitch(!online);
      client.setOnline(online);
    },
    async signOut() {
      await fetch('/session', { method: 'DELETE' });
      await client.close();
      location.reload();
    },
  };
}
