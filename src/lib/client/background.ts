import type { HandlerSpecs } from '../contract/contract.ts';
import { CrudpError } from '../errors.ts';
import type { ClientBase } from './client-types.ts';

type AnyClient = Pick<ClientBase<HandlerSpecs>, 'status' | 'outbox' | 'retry' | 'close'>;

/** As a service worker's registration has it, where the browser knows Background Sync. */
export interface SyncRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

interface SyncEvent extends Event {
  readonly tag: string;
  waitUntil(work: Promise<unknown>): void;
}

const defaultTag = 'crudp';
/** Browsers end a service worker's event after some minutes; one that is given up is tried again later. */
const patienceMs = 60_000;

/**
 * In a page: has the browser wake the service worker once there is a network, also when the page is closed by then, as long
 * as packets wait. Where there is no Background Sync (Firefox, Safari) nothing happens, and pages send as they always do.
 *
 * @param registration `navigator.serviceWorker.ready`.
 * @returns Ends it.
 */
export function requestBackgroundSync(
  client: Pick<AnyClient, 'status'>,
  registration: PromiseLike<object>,
  tag = defaultTag,
): () => void {
  let known = 0;
  const look = async (): Promise<void> => {
    const { queued } = client.status.getSnapshot();
    const hasMore = queued > known;
    known = queued;
    if (!hasMore) return;
    const { sync } = (await registration) as SyncRegistration;
    // A user who forbids it in the settings has it rejected: then pages send, as everywhere else.
    await sync?.register(tag).catch(() => undefined);
  };
  void look();
  return client.status.subscribe(() => void look());
}

/**
 * In a service worker: sends what waits when the browser says that there is a network.
 *
 * @param scope The worker's `self`.
 * @param open Makes the client, with the storage and the user of the pages; closed when all is sent. A page that leads is told
 *   to try again instead.
 */
export function answerBackgroundSync(
  scope: Pick<EventTarget, 'addEventListener'>,
  open: () => AnyClient | Promise<AnyClient>,
  tag = defaultTag,
): void {
  scope.addEventListener('sync', (event) => {
    const { tag: own } = event as SyncEvent;
    if (own === tag) (event as SyncEvent).waitUntil(sendAll(open));
  });
}

/** @throws Where something is left: the browser tries again later. */
async function sendAll(open: () => AnyClient | Promise<AnyClient>): Promise<void> {
  const client = await open();
  let timer: unknown;
  client.retry();
  try {
    await new Promise<void>((resolve, reject) => {
      const look = async (): Promise<void> => {
        const entries = await client.outbox.list();
        if (!entries.some(({ state }) => state === 'queued' || state === 'sent')) resolve();
        else if (cannotSend(client))
          reject(new CrudpError('unsent', 'packets wait for another try', { retryable: true }));
      };
      const again = (): void => void look().catch(reject);
      client.outbox.subscribe(again);
      client.status.subscribe(again);
      again();
      timer = setTimeout(() => reject(new CrudpError('unsent', 'no answer in time', { retryable: true })), patienceMs);
    });
  } finally {
    clearTimeout(timer as number);
    await client.close();
  }
}

function cannotSend({ status }: AnyClient): boolean {
  const { state } = status.getSnapshot();
  return state === 'needs-auth' || state === 'held' || state === 'offline';
}
