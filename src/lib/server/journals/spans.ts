import type { Span } from '../journal.ts';

// Sets of sequence numbers as ascending spans of which none touches another: what has been completed out of line is a
// few numbers apart from each other, or thousands side by side.

/** @param seqs Ascending. */
export function spansOf(seqs: Iterable<number>): Span[] {
  const spans: [number, number][] = [];
  for (const seq of seqs) {
    const last = spans.at(-1);
    if (last && seq === last[1] + 1) last[1] = seq;
    else if (!last || seq > last[1]) spans.push([seq, seq]);
  }
  return spans;
}

export function numbersIn(spans: readonly Span[]): number[] {
  const seqs: number[] = [];
  for (const [from, to] of spans) for (let seq = from; seq <= to; seq++) seqs.push(seq);
  return seqs;
}

export function isWithin(spans: readonly Span[], seq: number): boolean {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] as Span)[1] < seq) low = middle + 1;
    else high = middle;
  }
  return (spans[low]?.[0] ?? Number.POSITIVE_INFINITY) <= seq;
}

export function unionOf(some: readonly Span[], others: readonly Span[]): Span[] {
  const all = [...some, ...others].sort(([a], [b]) => a - b);
  const union: [number, number][] = [];
  for (const [from, to] of all) {
    const last = union.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else union.push([from, to]);
  }
  return union;
}

/** What of `spans` lies outside of `hole`. */
export function without(spans: readonly Span[], [from, to]: Span): Span[] {
  return spans.flatMap((span): Span[] => {
    const [first, last] = span;
    if (last < from || first > to) return [span];
    const left: Span[] = first < from ? [[first, from - 1]] : [];
    return last > to ? [...left, [to + 1, last]] : left;
  });
}

/** Whether every number of `span` is within `spans`. */
export function covers(spans: readonly Span[], [from, to]: Span): boolean {
  return spans.some(([first, last]) => first <= from && to <= last);
}
