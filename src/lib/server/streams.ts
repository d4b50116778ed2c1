import type { ByeReason, EventSink, EventsRequest, Session } from './core.ts';
import { RequestRefused } from './refused.ts';
import { EventSession, type SessionDeps } from './session.ts';

export interface StreamsDeps extends SessionDeps {
  readonly maxStreamsPerUser: number;
}

/** The open event streams of this process. */
export class Streams {
  private readonly deps: StreamsDeps;
  private readonly byUser = new Map<string, Set<EventSession>>();

  constructor(deps: StreamsDeps) {
    this.deps = deps;
  }

  async open(request: EventsRequest, sink: EventSink): Promise<Session> {
    const { user } = request.identity;
    if (!/^[0-9a-f]{16}$/.test(request.outbox)) {
      throw new RequestRefused(400, 'bad_outbox', 'outbox takes 16 lower-case hex digits');
    }
    if (request.cursor !== null) this.makeRoom(request);
    const mine = this.byUser.get(user) ?? new Set();
    if (mine.size >= this.deps.maxStreamsPerUser) {
      const message = `more than ${this.deps.maxStreamsPerUser} streams of one user`;
      throw new RequestRefused(429, 'too_many_streams', message, { retryAfterSeconds: 5 });
    }
    const session = new EventSession(this.deps, request, sink, () => {
      mine.delete(session);
      if (mine.size === 0) this.byUser.delete(user);
    });
    // Counted before anything is awaited, so that a hundred requests at once are not a hundred streams.
    this.byUser.set(user, mine.add(session));
    await session.open().catch((error: unknown) => {
      session.close();
      throw error;
    });
    if (!session.hasOpened)
      throw new RequestRefused(503, 'draining', 'the server is closing', { retryAfterSeconds: 2 });
    return session;
  }

  /**
   * A stream that resumes may replace the oldest one of its outbox: a link that broke without a word looks alive for many
   * minutes, and a device that changes networks often must not be locked out by its own past.
   */
  private makeRoom({ identity, outbox }: EventsRequest): void {
    const mine = this.byUser.get(identity.user);
    if (!mine || mine.size < this.deps.maxStreamsPerUser) return;
    [...mine].find((session) => session.outbox === outbox)?.bye('slow');
  }

  /** How many are open, and what the network has not taken of them. */
  get load(): { readonly open: number; readonly unsentBytes: number } {
    const sessions = [...this.byUser.values()].flatMap((mine) => [...mine]);
    return { open: sessions.length, unsentBytes: sessions.reduce((sum, { unsentBytes }) => sum + unsentBytes, 0) };
  }

  /** Ends all streams. */
  bye(reason: ByeReason): void {
    for (const mine of [...this.byUser.values()]) for (const session of [...mine]) session.bye(reason);
  }
}
