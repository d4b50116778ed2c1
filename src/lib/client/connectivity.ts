/** The parts of a browser that know about the network and about the page being looked at; absent elsewhere. */
interface Page {
  readonly document?: EventTarget & { readonly visibilityState?: string };
  readonly addEventListener?: EventTarget['addEventListener'];
}

/**
 * Hears what the platform says of the network: hints, never more. A link that it calls good may be dead.
 *
 * @param onBetter The network is back, or the page is looked at again: whoever waits for another try may try now.
 * @param onWorse The platform says that there is no network.
 * @returns Ends it.
 */
export function hearHints(onBetter: () => void, onWorse: () => void): () => void {
  const page = globalThis as unknown as Page;
  const ending = new AbortController();
  const { signal } = ending;
  page.addEventListener?.('online', onBetter, { signal });
  page.addEventListener?.('offline', onWorse, { signal });
  page.addEventListener?.('pageshow', onBetter, { signal });
  page.document?.addEventListener('visibilitychange', () => void (isVisible() && onBetter()), { signal });
  return () => ending.abort();
}

/** Whether anybody may be looking at the page; true where there is no such thing. */
export function isVisible(): boolean {
  return (globalThis as unknown as Page).document?.visibilityState !== 'hidden';
}
