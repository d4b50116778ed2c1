import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hearHints, isVisible } from '../../src/lib/client/connectivity.ts';
import { noNetwork } from './fake-server.ts';
import { connected, note, settle } from './harness.ts';

function page() {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
  vi.stubGlobal('document', document);
  onTestFinished(() => void vi.unstubAllGlobals());
  const look = (visibilityState: string): void => {
    document.visibilityState = visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  };
  return { tell: (type: string) => window.dispatchEvent(new Event(type)), look };
}

describe('Hints of the platform', () => {
  it('are heard until it is ended', () => {
    const { tell, look } = page();
    const heard: string[] = [];
    const end = hearHints(
      () => heard.push('better'),
      () => heard.push('worse'),
    );
    const tellAll = (): void => {
      tell('offline');
      tell('online');
      tell('pageshow');
      look('hidden');
      look('visible');
    };
    tellAll();
    expect(heard).toEqual(['worse', 'better', 'better', 'better']);
    end();
    tellAll();
    expect(heard).toHaveLength(4);
  });

  it.each<[string, (of: ReturnType<typeof page>) => void]>([
    ['the network is back', ({ tell }) => tell('online')],
    ['the page is shown again', ({ tell }) => tell('pageshow')],
    ['the page is looked at again', ({ look }) => look('visible')],
  ])('that %s have a client try at once what waits for another try', async (_, hint) => {
    const platform = page();
    const { client, server } = await connected();
    server.script.push(noNetwork);
    const operation = client.notes.create(note('1'));
    await server.post(0);
    await settle();
    expect(client.status.getSnapshot()).toMatchObject({ state: 'offline', reason: 'unreachable' });
    hint(platform);
    await operation.accepted;
  });

  it('that there is no network have a client look for its stream at once', async () => {
    const { tell } = page();
    const { server } = await connected();
    tell('offline');
    await settle();
    expect(server.streams[0]?.signal.aborted).toBe(true);
    expect(server.streams).toHaveLength(2);
  });

  it('say whether anybody may be looking, which is so where there is no page', () => {
    expect(isVisible()).toBe(true);
    const { look } = page();
    look('hidden');
    expect(isVisible()).toBe(false);
  });
});
