import { guarded } from './guarded.ts';

/** A value that changes, in the form that user interface libraries subscribe to (React's useSyncExternalStore for one). */
export interface Observable<T> {
  /** The same object as long as nothing has changed. */
  getSnapshot(): T;
  /** @returns Ends it; idempotent. */
  subscribe(listener: () => void): () => void;
}

export interface Changeable<T> extends Observable<T> {
  change(next: Partial<T>): void;
}

/**
 * Compares by the values of an object's own properties.
 *
 * @param onError Told what a listener throws: it must not keep others from hearing, nor be lost.
 */
export function observable<T extends object>(first: T, onError: (error: unknown) => void): Changeable<T> {
  const listeners = new Set<() => void>();
  let value = first;
  return {
    getSnapshot: () => value,
    subscribe(listener) {
      // A function of its own for each: the same listener may subscribe twice and leave once.
      const own = guarded(listener, onError);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    change(next) {
      const changed = { ...value, ...next };
      const keys = Object.keys(changed) as (keyof T)[];
      if (keys.every((key) => Object.is(changed[key], value[key]))) return;
      value = Object.freeze(changed);
      for (const listener of [...listeners]) listener();
    },
  };
}
