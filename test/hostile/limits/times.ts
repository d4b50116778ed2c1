import { note } from '../../server/app.ts';
import { creating, wait } from '../../server/creating.ts';
import { type ReadEvent, shown } from '../../server/event-reader.ts';
import { creates, serve, type TestServer } from '../../server/harness.ts';
import { ManualClock } from '../../server/manual-clock.ts';
import { postHeaders, RawSocket } from '../raw-socket.ts';
import { Gate, type Probe } from './probe.ts';

const a1 = 'outbox=00000000000000a1';

/** A round trip on another connection: what was decided before it has been decided. */
async function roundTrip({ url }: TestServer): Promise<void> {
  await (await fetch(`${url}/nothing`)).text();
}

/** A handler that waits for a gate. */
function gated() {
  const gate = new Gate();
  return { gate, modules: [creating(() => gate.opened.then(() => []))] };
}

/** Limits of milliseconds. */
export const times: Readonly<Record<string, Probe>> = {
  slowBodyMs: {
    limit: 10_000,
    isWithin: false,
    async try(limit, more) {
      const clock = new ManualClock();
      const server = await serve({ clock, slowBodyMs: limit });
      const socket = new RawSocket(server.url);
      socket.head('POST /api/sync', { ...postHeaders, 'Content-Length': '4', Connection: 'close' });
      await clock.armed(limit);
      clock.advance(limit + more);
      socket.send('junk');
      // What has come in time is a frame, if a bad one.
      return /^HTTP\/1\.1 400 /.test(await socket.end());
    },
  },
  handlerTimeoutMs: {
    limit: 3000,
    isWithin: false,
    async try(limit, more) {
      const clock = new ManualClock();
      const { gate, modules } = gated();
      const server = await serve({ clock, handlerTimeoutMs: limit, modules });
      const answer = server.sender().post([creates(1)], wait);
      await clock.armed(limit);
      clock.advance(limit + more);
      gate.open();
      return (await answer).results[0]?.status === 0;
    },
  },
  maxQueueMs: {
    limit: 1000,
    isWithin: true,
    async try(limit, more) {
      const clock = new ManualClock();
      const { gate, modules } = gated();
      const server = await serve({ clock, maxQueueMs: limit, modules });
      const answer = server.sender().post([creates(1), creates(2)], wait);
      await server.logged('handler_started');
      clock.advance(limit + more);
      gate.open();
      return (await answer).results[1]?.status === 0;
    },
  },
  heartbeatMs: {
    limit: 7000,
    isWithin: false,
    async try(limit, more) {
      const clock = new ManualClock();
      const server = await serve({ clock, heartbeatMs: limit });
      const stream = await server.events(a1);
      await stream.next();
      await clock.armed(limit);
      clock.advance(limit + more);
      await server.server.push({ user: 'ana' }, 'notes.create', [note('a')]);
      await stream.next();
      return stream.comments === 0;
    },
  },
  pollMs: {
    limit: 9000,
    isWithin: false,
    async try(limit, more) {
      const clock = new ManualClock();
      const server = await serve({ clock, pollMs: limit });
      const poll = async (query: string) => {
        const headers = { Accept: 'application/json', 'x-user': 'ana' };
        return (await (await fetch(`${server.url}/events?${query}`, { headers })).json()) as ReadEvent[];
      };
      const [hello] = await poll(a1);
      const waiting = poll(`${a1}&after=${hello?.id}`);
      await clock.armed(limit);
      clock.advance(limit + more);
      await server.server.push({ user: 'ana' }, 'notes.create', [note('a')]);
      const events = (await waiting).slice(1);
      return events.map(shown).join() === 'push a';
    },
  },
  maxWaitMs: {
    limit: 2000,
    isWithin: false,
    async try(limit, more) {
      const clock = new ManualClock();
      const { gate, modules } = gated();
      const server = await serve({ clock, maxWaitMs: limit, modules });
      const answer = server.sender().post([creates(1)], { headers: { Prefer: 'wait=9999' } });
      await server.logged('handler_started');
      await clock.armed(limit);
      clock.advance(limit + more);
      await roundTrip(server);
      gate.open();
      return (await answer).results.length === 1;
    },
  },
  stuckMs: {
    limit: 5000,
    isWithin: false,
    async try(limit, more) {
      const clock = new ManualClock();
      const server = await serve({ clock, stuckMs: limit });
      const sink = { unsentBytes: 1, takenBytes: 0, onDrain: () => undefined, heartbeat: () => undefined };
      let isClosed = false;
      // As a sink: how much a socket holds is the kernel's affair.
      await server.server.core.subscribe(
        { identity: { user: 'ana', roles: [] }, outbox: '00000000000000a1', cursor: null },
        {
          ...sink,
          send: () => undefined,
          close: () => {
            isClosed = true;
          },
        },
      );
      clock.advance(limit + more);
      return !isClosed;
    },
  },
  graceMs: {
    limit: 700,
    isWithin: false,
    async try(limit, more) {
      const clock = new ManualClock();
      let signal: AbortSignal | undefined;
      const { gate } = gated();
      const server = await serve({
        clock,
        graceMs: limit,
        modules: [
          creating((ctx) => {
            signal = ctx.signal;
            return gate.opened.then(() => []);
          }),
        ],
      });
      await server.sender().post([creates(1)]);
      await server.logged('handler_started');
      const closed = server.server.close();
      await clock.armed(limit);
      clock.advance(limit + more);
      const isWithin = !signal?.aborted;
      gate.open();
      await closed;
      return isWithin;
    },
  },
};
