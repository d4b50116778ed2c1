import type { JournalNews } from '../journal.ts';

/** Those who hear of a journal's changes. */
export class News {
  readonly #listeners = new Set<(news: JournalNews) => void>();

  subscribe(listener: (news: JournalNews) => void): () => void {
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const own = (news: JournalNews): void => listener(news);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  tell(news: readonly JournalNews[]): void {
    for (const item of news) {
      for (const listener of this.#listeners) {
        try {
          listener(item);
        } catch (error) {
          // The change is committed: a listener's fault must neither undo it nor be lost.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    }
  }
}
