/** A row that stays the same element while its record changes. */
export interface RowElement<T> {
  readonly element: HTMLElement;
  update(row: T): void;
}

/**
 * Keeps a list's elements in step with rows, and the keyboard's place in it.
 *
 * @param create Makes a row's element; `update` is called right after.
 * @param fallback Gets the focus when the row that had it goes and no other is left. Focusable.
 */
export function keyedList<T>(
  list: HTMLElement,
  keyOf: (row: T) => string,
  create: (row: T) => RowElement<T>,
  fallback: HTMLElement,
): (rows: readonly T[]) => void {
  const known = new Map<string, RowElement<T>>();

  return (rows) => {
    const keys = new Set(rows.map(keyOf));
    for (const [key, { element }] of known) {
      if (keys.has(key)) continue;
      known.delete(key);
      if (element.contains(document.activeElement)) focusNear(element, fallback);
      element.remove();
    }
    for (const [index, row] of rows.entries()) {
      const key = keyOf(row);
      const entry = known.get(key) ?? create(row);
      known.set(key, entry);
      entry.update(row);
      const there = list.children[index];
      // Moving an element takes its focus away, so only what stands elsewhere is moved.
      if (there !== entry.element) list.insertBefore(entry.element, there ?? null);
    }
  };
}

function focusNear(element: HTMLElement, fallback: HTMLElement): void {
  const neighbour = element.nextElementSibling ?? element.previousElementSibling;
  (neighbour?.querySelector<HTMLElement>('button') ?? fallback).focus();
}
