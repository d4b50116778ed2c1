/** The parts of a browser that know about the network and about the page being looked at; absent elsewhere. */
interface Page {
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: EventTarget & { readonly visibilityState?: string };
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/** What the platform says of the network: hints, never more. A link that it calls good may be dead. */
export class Connectivity {
  readonly #page: Page;
  readonly #onBetter: () => void;
  readonly #onWorse: () => void;
  readonly #onVisible = (): void => {
    if (this.isVisible) this.#onBetter();
  };

  /**
   * @param onBetter The network is back, or the page is looked at again: whoever waits for another try may try now.
   * @param onWorse The platform says that there is no network.
   */
  constructor(onBetter: () => void, onWorse: () => void, page: Page = globalThis as unknown as Page) {
    this.#page = page;
    this.#onBetter = onBetter;
    this.#onWorse = onWorse;
    page.addEventListener?.('online', onBetter);
    page.addEventListener?.('offline', onWorse);
    page.addEventListener?.('pageshow', onBetter);
    page.document?.addEventListener('visibilitychange', this.#onVisible);
  }

  /** Whether anybody may be looking at the page; true where there is no such thing. */
  get isVisible(): boolean {
    return this.#page.document?.visibilityState !== 'hidden';
  }

  close(): void {
    const page = this.#page;
    page.removeEventListener?.('online', this.#onBetter);
    page.removeEventListener?.('offline', this.#onWorse);
    page.removeEventListener?.('pageshow', this.#onBetter);
    page.document?.removeEventListener('visibilitychange', this.#onVisible);
  }
}
