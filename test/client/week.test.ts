import { expect, it, onTestFinished } from 'vitest';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { string } from '../../src/lib/contract/types.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { ManualClock } from '../../src/lib/testing/manual-clock.ts';
import { testApp } from '../../src/lib/testing/test-app.ts';
import { settle } from './harness.ts';

const app = contract({ version: 1 }, { notes: handler(1, { create: { in: string(), out: string() } }) });
const hourMs = 3_600_000;

it('A client that was away for more than a week gets all results, has all done once, and is told of the gap', async () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  let finish: () => void = () => {};
  const notes = implement(app, {
    notes: {
      access: { create: 'public' },
      async create(ctx, texts) {
        ran.push(...texts);
        if (texts.includes('slow')) await new Promise<void>((resolve) => (finish = resolve));
        if (texts.includes('push')) ctx.push({ user: 'ana' }, 'notes.create', ['pushed']);
        return texts;
      },
    },
  });
  let gaps = 0;
  const t = await testApp(app, { modules: [notes], user: { id: 'ana' }, clock, client: { onGap: () => gaps++ } });
  onTestFinished(() => t.close());

  // Accepted, and done while the client is away: its result has left the log by the time that it comes back.
  const slow = t.client.notes.create('slow');
  await slow.accepted;
  await settle();
  t.client.setOnline(false);
  finish();
  const queued = t.client.notes.createEach(['one', 'two', 'three']);
  await Promise.all(queued.map(({ saved }) => saved));
  await t.as({ id: 'luis' }).notes.create('push').result;
  // Hour by hour: each look of the server at what is old sets the timer of the next.
  for (let hour = 0; hour < 24 * 8; hour++) {
    clock.advance(hourMs);
    await settle();
  }
  expect(ran).toEqual(['slow', 'push']);
  expect(gaps).toBe(0);

  t.client.setOnline(true);
  expect(await Promise.all([slow, ...queued].map(({ result }) => result))).toEqual([
    ['slow'],
    ['one'],
    ['two'],
    ['three'],
  ]);
  expect(ran).toEqual(['slow', 'push', 'one', 'two', 'three']);
  expect(gaps).toBe(1);
  expect(await t.client.outbox.list()).toEqual([]);
}, 60_000);
