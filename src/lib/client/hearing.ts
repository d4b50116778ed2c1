import type { Clock } from '../clock.ts';
import { actionOf } from '../packet.ts';
import type { Inbox, WriteLedger } from './inbox.ts';
import type { Random } from './random.ts';
import type { StreamState } from './status.ts';
import type { StorageConnection } from './storage.ts';
import { isUnreadable } from './store-results.ts';
import { Stream } from './stream.ts';
import type { Hello } from './stream-events.ts';
import type { Sync } from './sync.ts';
import type { ServerEvent, StreamRequest, Transport } from './transport.ts';

export interface HearingDeps {
  readonly user: string;
  readonly transport: Transport;
  readonly connection: StorageConnection;
  readonly writeLedger: WriteLedger;
  readonly inbox: Inbox;
  readonly sync: Sync;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether other pages leave the stream to this one; else each has its own. */
  readonly isShared: boolean;
  readonly onStream: (state: StreamState) => void;
  /** Pushes may be missing. */
  readonly onGap: () => void;
  readonly onError: (error: unknown) => void;
}

/** Takes in what a user's stream brings, and has asked for what it may have missed. */
export class Hearing {
  readonly stream: Stream;
  readonly #deps: HearingDeps;
  /** Without a leader each page is at a place of its own. */
  #ownCursor: string | null = null;
  #hadCursor = false;

  constructor(deps: HearingDeps) {
    this.#deps = deps;
    this.stream = new Stream({
      ...deps,
      request: () => this.#request(),
      onHello: (hello) => this.#greet(hello),
      onEvents: (events, epoch) => this.#store(events, epoch),
      onState: deps.onStream,
      onNeedsAuth: () => deps.sync.hold({ state: 'needs-auth' }),
    });
  }

  async #request(): Promise<StreamRequest> {
    const { writeLedger, isShared } = this.#deps;
    const { outbox, cursor } = await writeLedger(async (ledger) => ({
      outbox: ledger.openOutbox.outbox,
      cursor: ledger.cursor,
    }));
    const from = isShared ? cursor : (this.#ownCursor ?? cursor);
    this.#hadCursor = from !== null;
    return { outbox, cursor: from };
  }

  #greet({ user, recovered, epoch }: Hello): boolean {
    const { sync, onGap } = this.#deps;
    if (user !== this.#deps.user) {
      // Somebody has signed in since this connection was asked for: the next one tells who.
      if (this.stream.isOutdated) return false;
      this.stream.hold();
      sync.hold({ state: 'held', reason: 'wrong_user' });
      return false;
    }
    sync.hint();
    if (!recovered && this.#hadCursor) onGap();
    // Without a cursor the stream begins at the end: what was sent before that may have had its result already.
    if (!recovered || !this.#hadCursor) sync.askAll();
    else void this.#askForMissed(epoch);
    return true;
  }

  /** Results of reads are in no log, and another journal's log begins elsewhere: what is due of them has not been replayed. */
  async #askForMissed(epoch: string): Promise<void> {
    const { connection, user, sync, onError } = this.#deps;
    try {
      const isDue = await connection.read(async (tx) => {
        for (const { outbox, place } of await tx.list('outboxes', { prefix: [user] })) {
          const packets = await tx.list('packets', { prefix: [user, outbox], upTo: place.seq }, 1000);
          if (packets.some(({ route }) => place.epoch !== epoch || actionOf(route) === 'read')) return true;
        }
        return false;
      });
      if (isDue) sync.askAll();
    } catch (error) {
      onError(error);
    }
  }

  /** In one transaction, with the cursor behind them. */
  async #store(events: readonly ServerEvent[], epoch: string): Promise<void> {
    const { inbox, isShared, writeLedger } = this.#deps;
    const responses = events.map(({ event, data }) =>
      event === 'results' ? inbox.read('decodeResponse', data) : null,
    );
    const pushes = events.map(({ event, data }) => (event === 'push' ? inbox.read('decodePush', data) : null));
    const cursor = events.findLast(({ id }) => id !== undefined)?.id;
    if (cursor === undefined && ![...responses, ...pushes].some((read) => read !== null)) return;
    let isLate = false;
    await inbox.write(epoch, async (ledger, store) => {
      for (const [index, response] of responses.entries()) {
        if (response) await store(response);
        for (const packet of pushes[index]?.packets ?? []) {
          const { route, records } = packet;
          ledger.feed({ kind: 'push', route, result: records, isUnreadable: isUnreadable(packet) });
        }
      }
      // What goes to this page alone is handed out after this: a page that ends before that hears it again.
      isLate = !isShared && ledger.direct.length > 0;
      if (cursor !== undefined && !isLate) ledger.setCursor(cursor);
    });
    if (cursor === undefined) return;
    this.#ownCursor = cursor;
    if (isLate) await writeLedger(async (ledger) => ledger.setCursor(cursor));
  }
}
