import { openDB } from 'idb';
import { crudpClient, indexedDbStorage } from '../../src/client.ts';
import { newUnixid } from '../../src/index.ts';
import { app } from './contract.ts';

/** What the benchmark calls in the page; all times in ms. */
export interface PageBench {
  /** The floor: transactions that put one row into IndexedDB, strictly, one after the other. */
  put(count: number): Promise<number[]>;
  /** Each call's time from `create()` to `saved`, one after the other. */
  save(count: number, isOnline: boolean): Promise<number[]>;
  /** From `setOnline(true)` until each of `count` packets, queued before, has its result. */
  drain(count: number): Promise<number>;
  /** Queues a packet while the network is away. */
  prepareReturn(): Promise<void>;
  /** From the browser's `online` event to that packet's result. */
  whenReturned(): Promise<number>;
}

const note = (index: number) => ({ id: newUnixid(), text: `note ${index} of many`, stars: index % 5 });

/** A client with an outbox of its own, whose stream is open. */
async function open(isOnline = true) {
  const storage = indexedDbStorage(crypto.randomUUID());
  const client = crudpClient(app, { url: '/api', user: 'ana', storage });
  await until(() => client.status.getSnapshot().stream === 'open', client.status.subscribe);
  if (!isOnline) client.setOnline(false);
  return client;
}

function until(isTrue: () => boolean, subscribe: (listener: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isTrue()) return;
      leave();
      resolve();
    };
    const leave = subscribe(look);
    look();
  });
}

let returned: Promise<number> | undefined;

const bench: PageBench = {
  async put(count) {
    const name = crypto.randomUUID();
    const database = await openDB(name, 1, { upgrade: (db) => void db.createObjectStore('rows', { keyPath: 'id' }) });
    const times: number[] = [];
    for (let index = 0; index < count; index++) {
      const start = performance.now();
      const tx = database.transaction('rows', 'readwrite', { durability: 'strict' });
      void tx.store.put(note(index));
      await tx.done;
      times.push(performance.now() - start);
    }
    database.close();
    return times;
  },

  async save(count, isOnline) {
    const client = await open(isOnline);
    const times: number[] = [];
    for (let index = 0; index < count; index++) {
      const start = performance.now();
      await client.notes.create(note(index)).saved;
      times.push(performance.now() - start);
    }
    await client.close();
    return times;
  },

  async drain(count) {
    const client = await open(false);
    const operations = client.notes.createEach(Array.from({ length: count }, (_, index) => note(index)));
    await Promise.all(operations.map(({ saved }) => saved));
    const start = performance.now();
    client.setOnline(true);
    await Promise.all(operations.map(({ result }) => result));
    const took = performance.now() - start;
    await client.close();
    return took;
  },

  async prepareReturn() {
    const client = await open();
    const gone = new Promise((resolve) => addEventListener('offline', resolve, { once: true }));
    returned = gone.then(async () => {
      const back = new Promise<number>((resolve) => {
        addEventListener('online', () => resolve(performance.now()), { once: true });
      });
      const operation = client.notes.create(note(0));
      await operation.saved;
      const start = await back;
      await operation.result;
      const took = performance.now() - start;
      await client.close();
      return took;
    });
  },

  whenReturned: () => returned as Promise<number>,
};

Object.assign(globalThis, { bench });
