import { expect, it, onTestFinished } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import type { CrudpEvent } from '../../src/lib/client/events.ts';
import type { Random } from '../../src/lib/client/random.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { app, note } from '../server/app.ts';
import { codec, serve } from '../server/harness.ts';
import { randomOf } from './journal-frames.ts';
import { ResettingProxy } from './resetting-proxy.ts';

/** RESETS for more. */
const resets = Number(process.env.RESETS ?? 500);
/** Pushes that may be under way: so that there is always something to cut, and never a pile. */
const ahead = 20;

/** Four bytes are what the jitter of a pause is made of: none here, so that each reset is followed by the next. */
const hasty: Random = (count) => (count === 4 ? new Uint8Array(4) : crypto.getRandomValues(new Uint8Array(count)));

it(`a client whose connections are reset ${resets} times hears each event once, and each packet runs once`, {
  timeout: 60_000 + resets * 200,
}, async () => {
  const server = await serve();
  const random = randomOf(5);
  const proxy = await new ResettingProxy(server.url, resets, () => 1 + Math.floor(random() ** 2 * 6000)).listen();
  const pushed: string[] = [];
  const heard: string[] = [];
  const confirmed: string[] = [];
  const gaps: unknown[] = [];
  let wake = () => {};
  const client = crudpClient(app, {
    url: proxy.url,
    user: 'ana',
    storage: memoryStorage(),
    codec,
    random: hasty,
    headers: { 'x-user': 'ana' },
    locks: null,
    onGap: () => gaps.push('gap'),
  });
  onTestFinished(() => client.close());
  client.notes.on('create', (event: CrudpEvent) => {
    if (event.kind === 'push') heard.push(...(event.result as { id: string }[]).map(({ id }) => id));
    if (event.kind === 'confirmed') confirmed.push(event.reqId);
    wake();
  });
  const until = async (holds: () => boolean) => {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  // A stream begins at the end: nothing before its first event is promised.
  while (!heard.includes('first')) {
    await server.server.push({ user: 'ana' }, 'notes.create', [note('first')]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const operations = [];
  while (proxy.resets < resets) {
    const id = `p${pushed.length}`;
    pushed.push(id);
    await server.server.push({ user: 'ana' }, 'notes.create', [note(id, 'x'.repeat(Math.floor(random() * 400)))]);
    if (pushed.length % 10 === 0) operations.push(client.notes.create(note(id)));
    await until(() => heard.filter((text) => text !== 'first').length > pushed.length - ahead);
  }
  await until(() => heard.at(-1) === pushed.at(-1) && confirmed.length === operations.length);
  expect(heard.filter((text) => text !== 'first')).toEqual(pushed);
  expect(new Set(confirmed).size).toBe(operations.length);
  expect(await Promise.all(operations.map(async ({ result }) => (await result).length))).toEqual(
    operations.map(() => 1),
  );
  expect([...server.ran].sort()).toEqual([...confirmed].sort());
  expect(gaps).toEqual([]);
});
