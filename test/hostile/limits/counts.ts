import type { EventSink, StreamEvent } from '../../../src/lib/server/core.ts';
import { lineOf } from '../../../src/lib/server/event-data.ts';
import { memoryJournal } from '../../../src/lib/server/journals/memory.ts';
import { eventOverheadBytes } from '../../../src/lib/server/session.ts';
import { note } from '../../server/app.ts';
import { creating, wait } from '../../server/creating.ts';
import { creates, serve } from '../../server/harness.ts';
import { Gate, numbersTo, type Probe } from './probe.ts';

const a1 = 'outbox=00000000000000a1';
const numbered = (count: number) => numbersTo(count).map((seq) => creates(seq, note(`n${seq}`)));

/** Limits of bytes and numbers. */
export const counts: Readonly<Record<string, Probe>> = {
  maxBatchBytes: {
    limit: 5000,
    isWithin: true,
    async try(limit, more) {
      const server = await serve({ maxBatchBytes: limit });
      const ana = server.sender();
      const rest = limit + more - ana.frame([creates(1, note('a', 'x'.repeat(2000)))]).length;
      const packets = [creates(1, note('a', 'x'.repeat(2000 + rest)))];
      if (ana.frame(packets).length !== limit + more) throw new Error('the body has another size');
      return (await ana.post(packets)).status === 202;
    },
  },
  maxQueuedPackets: {
    limit: 5,
    isWithin: true,
    async try(limit, more) {
      const server = await serve({ maxQueuedPackets: limit, waitsFor: () => true });
      await server.sender('ana', '00000000000000a2').post(numbered(2));
      return (await server.sender().post(numbered(limit + more - 2))).status === 202;
    },
  },
  concurrency: {
    limit: 3,
    isWithin: true,
    async try(limit, more) {
      const gate = new Gate();
      const full = new Gate();
      let [running, most] = [0, 0];
      const hanging = creating(async () => {
        most = Math.max(most, ++running);
        if (running === Math.min(limit, limit + more)) full.open();
        await gate.opened;
        running--;
        return [];
      });
      const server = await serve({ concurrency: limit, modules: [hanging] });
      const senders = numbersTo(limit + more).map((index) => server.sender('ana', String(index).padStart(16, '0')));
      const answers = senders.map((sender) => sender.post([creates(1)], wait));
      await full.opened;
      gate.open();
      await Promise.all(answers);
      return most === limit + more;
    },
  },
  maxAttempts: {
    limit: 3,
    isWithin: true,
    async try(limit, more) {
      const trying = creating((ctx) => {
        if (ctx.attempt < limit + more) throw ctx.retryAfter(1);
        return [];
      });
      const server = await serve({ maxAttempts: limit, modules: [trying] });
      const { results } = await server.sender().post([creates(1)], wait);
      return results[0]?.status === 0;
    },
  },
  maxStreamsPerUser: {
    limit: 3,
    isWithin: true,
    async try(limit, more) {
      const server = await serve({ maxStreamsPerUser: limit });
      const streams = [];
      for (const _ of numbersTo(limit + more)) streams.push(await server.events(a1));
      return streams.at(-1)?.response.status === 200;
    },
  },
  maxLogBytes: {
    limit: 0,
    isWithin: true,
    async try(_, more) {
      const journal = memoryJournal();
      const first = await serve({ journal });
      const cursor = (await (await first.events(a1)).next())?.id as string;
      for (const id of ['a', 'b']) await first.server.push({ user: 'ana' }, 'notes.create', [note(id)]);
      const { entries } = await journal.read('user:ana', { offset: 0, mark: '' }, 1 << 20);
      const bytes = entries.reduce((sum, { frame }) => sum + frame.length, 0);
      await first.server.close();
      const next = await serve({ journal, maxLogBytes: bytes - more });
      const hello = await (await next.events(a1, { 'Last-Event-ID': cursor })).next();
      return JSON.parse(hello?.data ?? '').recovered;
    },
  },
  // How much a socket holds is the kernel's affair: here the sink says what is unsent.
  maxUnsentBytes: {
    limit: 10_000,
    isWithin: true,
    async try(limit, more) {
      const { server } = await serve({ maxUnsentBytes: limit });
      const [sink, other] = [new Sink(), new Sink()];
      const request = { identity: { user: 'ana', roles: [] }, outbox: '00000000000000a1', cursor: null };
      for (const each of [sink, other]) await server.core.subscribe(request, each);
      const push = async (id: string) => {
        const before = other.events.length;
        await server.push({ user: 'ana' }, 'notes.create', [note(id)]);
        // The other one, which is told later, has room in any case.
        await other.count(before + 1);
      };
      await push('a');
      const size = (sink.events.at(-1)?.data.length ?? 0) + eventOverheadBytes;
      sink.unsentBytes = limit - size + more;
      await push('b');
      return sink.events.length === 3;
    },
  },
};

/** Takes nothing and all: what is unsent is what the test says. */
class Sink implements EventSink {
  unsentBytes = 0;
  takenBytes = 0;
  onDrain: () => void = () => {};
  readonly events: { readonly data: string }[] = [];
  private wake: () => void = () => {};

  send({ data }: StreamEvent): void {
    this.events.push({ data: lineOf(data) });
    this.wake();
  }

  async count(count: number): Promise<void> {
    while (this.events.length < count) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  heartbeat(): void {}
  close(): void {}
}
