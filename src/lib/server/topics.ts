/** Listeners by topic; a topic without listeners takes no room. */
export class Topics<Topic, News> {
  private readonly listeners = new Map<Topic, Set<(news: News) => void>>();

  /** @returns Ends the listening; idempotent. */
  listen(topic: Topic, listener: (news: News) => void): () => void {
    const all = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, all.add(listener));
    return () => {
      all.delete(listener);
      if (all.size === 0 && this.listeners.get(topic) === all) this.listeners.delete(topic);
    };
  }

  tell(topic: Topic, news: News): void {
    // A copy: a listener may end itself or others while it is told.
    for (const listener of [...(this.listeners.get(topic) ?? [])]) listener(news);
  }
}
