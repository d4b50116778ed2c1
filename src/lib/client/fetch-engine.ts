import type { Engine } from './engine.ts';

type EngineSource = () => Promise<typeof Engine>;

let source: EngineSource = async () => (await import('./engine.ts')).Engine;

/**
 * What sends and hears, fetched apart: a page that only saves, or that another one leads, does without.
 *
 * @throws Where it can't be fetched now: without a network, most of the time.
 */
export const fetchEngine: EngineSource = () => source();

/** For where `import()` is not allowed, as in a service worker, or not predictable. */
export function takeEngineFrom(other: EngineSource): void {
  source = other;
}
