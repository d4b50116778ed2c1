/** Values by key, most keys having one: sets for ten thousand keys would take more room than what is in them. */
export class ManyMap<Key, Value> {
  private readonly first = new Map<Key, Value>();
  /** What keys have beyond their first value; no set is empty. */
  private readonly others = new Map<Key, Set<Value>>();

  /** A value that the key has already changes nothing. */
  add(key: Key, value: Value): void {
    const first = this.first.get(key);
    if (first === undefined) this.first.set(key, value);
    else if (first !== value) this.others.set(key, (this.others.get(key) ?? new Set()).add(value));
  }

  delete(key: Key, value: Value): void {
    const others = this.others.get(key);
    if (this.first.get(key) === value) {
      if (others === undefined) {
        this.first.delete(key);
        return;
      }
      const [next] = others as ReadonlySet<Value>;
      this.first.set(key, next as Value);
      others.delete(next as Value);
    } else {
      others?.delete(value);
    }
    if (others?.size === 0) this.others.delete(key);
  }

  /** A key's values in the order in which they came, in a list of its own: they may come and go while it is gone through. */
  of(key: Key): readonly Value[] {
    const first = this.first.get(key);
    return first === undefined ? [] : [first, ...(this.others.get(key) ?? [])];
  }

  count(key: Key): number {
    return this.first.has(key) ? 1 + (this.others.get(key)?.size ?? 0) : 0;
  }

  /** The values of all keys. */
  values(): readonly Value[] {
    return [...this.first.keys()].flatMap((key) => this.of(key));
  }
}
