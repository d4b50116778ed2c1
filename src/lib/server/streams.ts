import type { ByeReason, EventSink, EventsRequest, Session } from './core.ts';
import { JointTimer } from './joint-timer.ts';
import { ManyMap } from './many-map.ts';
import { RequestRefused } from './refused.ts';
import { EventSession, type SessionDeps } from './session.ts';

export interface StreamsDeps extends Omit<SessionDeps, 'beats' | 'patience'> {
  readonly maxStreamsPerUser: number;
  readonly stuckMs: number;
}

/** The open event streams of this process. */
export class Streams {
  private readonly deps: SessionDeps;
  private readonly maxPerUser: number;
  private readonly byUser = new ManyMap<string, EventSession>();

  constructor({ maxStreamsPerUser, stuckMs, ...deps }: StreamsDeps) {
    const { clock, heartbeatMs } = deps;
    this.maxPerUser = maxStreamsPerUser;
    this.deps = {
      ...deps,
      beats: new JointTimer(clock, heartbeatMs, (session) => session.beat()),
      patience: new JointTimer(clock, stuckMs, (session) => session.endPatience()),
    };
  }

  async open(request: EventsRequest, sink: EventSink): Promise<Session> {
    const { user } = request.identity;
    if (!/^[0-9a-f]{16}$/.test(request.outbox)) {
      throw new RequestRefused(400, 'bad_outbox', 'outbox takes 16 lower-case hex digits');
    }
    if (request.cursor !== null) this.makeRoom(request);
    if (this.byUser.count(user) >= this.maxPerUser) {
      const message = `more than ${this.maxPerUser} streams of one user`;
      throw new RequestRefused(429, 'too_many_streams', message, { retryAfterSeconds: 5 });
    }
    const session = new EventSession(this.deps, request, sink, this.ended);
    // Counted before anything is awaited, so that a hundred requests at once are not a hundred streams.
    this.byUser.add(user, session);
    await session.open(request.cursor).catch((error: unknown) => {
      session.close();
      throw error;
    });
    if (!session.hasOpened)
      throw new RequestRefused(503, 'draining', 'the server is closing', { retryAfterSeconds: 2 });
    return session;
  }

  private readonly ended = (session: EventSession): void => this.byUser.delete(session.user, session);

  /**
   * A stream that resumes may replace the oldest one of its outbox: a link that broke without a word looks alive for many
   * minutes, and a device that changes networks often must not be locked out by its own past.
   */
  private makeRoom({ identity, outbox }: EventsRequest): void {
    const mine = this.byUser.of(identity.user);
    if (mine.length < this.maxPerUser) return;
    mine.find((session) => session.outbox === outbox)?.bye('slow');
  }

  /** How many are open, and what the network has not taken of them. */
  get load(): { readonly open: number; readonly unsentBytes: number } {
    const sessions = this.byUser.values();
    return { open: sessions.length, unsentBytes: sessions.reduce((sum, { unsentBytes }) => sum + unsentBytes, 0) };
  }

  /** Ends all streams. */
  bye(reason: ByeReason): void {
    for (const session of this.byUser.values()) session.bye(reason);
  }
}
