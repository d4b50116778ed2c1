/**
 * A column of a group, read from its begin on. Nothing it gives refers to the arena but a view that is copied at once.
 *
 * What generated code (build-objects.ts) reads by itself is open to it: where the next value stands.
 */
export interface Cursor {
  /** The next n values; never more than are left. */
  take(n: number): ArrayLike<unknown>;
}
