import { createElement, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { expect, it, onTestFinished, vi } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { string } from '../../src/lib/contract/types.ts';
import { FakeServer } from './fake-server.ts';

const app = contract({ version: 1 }, { notes: handler(1, { create: { in: shape({ id: string() }) } }) });

it('status and outbox are external stores as React has them', async () => {
  const server = new FakeServer(app);
  const client = crudpClient(app, { user: 'ana', storage: memoryStorage(), transport: server, online: false });
  let renders = 0;
  // As docs/client.md has it, but for the syntax.
  function Waiting() {
    renders++;
    const { queued, state } = useSyncExternalStore(client.status.subscribe, client.status.getSnapshot);
    const { entries } = useSyncExternalStore(client.outbox.subscribe, client.outbox.getSnapshot);
    return createElement('p', null, `${state}: ${queued} waiting, ${entries.map((entry) => entry.state).join()}`);
  }
  const place = document.createElement('div');
  const root = createRoot(place);
  onTestFinished(async () => {
    root.unmount();
    await client.close();
  });
  const complaints = vi.spyOn(console, 'error');
  flushSync(() => root.render(createElement(Waiting)));
  const operation = client.notes.create({ id: '1' });
  await expect.poll(() => place.textContent, { timeout: 10_000 }).toBe('offline: 1 waiting, queued');
  client.setOnline(true);
  await operation.accepted;
  await expect.poll(() => place.textContent, { timeout: 10_000 }).toBe('idle: 1 waiting, accepted');
  const { outbox } = (await server.post(0)).batch;
  await server.send(server.resultsEvent(outbox, { seq: 1 }));
  await expect.poll(() => place.textContent, { timeout: 10_000 }).toBe('idle: 0 waiting, ');
  const rendered = renders;
  // A snapshot that were new each time would have it render without end.
  flushSync(() => {});
  expect(renders).toBe(rendered);
  expect(complaints).not.toHaveBeenCalled();
});
