import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hearHints, isVisible } from '../../src/lib/client/connectivity.ts';

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

  it('say whether anybody may be looking, which is so where there is no page', () => {
    expect(isVisible()).toBe(true);
    const { look } = page();
    look('hidden');
    expect(isVisible()).toBe(false);
  });
});
