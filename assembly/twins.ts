/**
 * Whether two of n doubles above 0 are equal; sorts them.
 *
 * A heap sort: no input makes it slower than n log n, and it needs no memory.
 */
export function hasTwins(numbers: usize, n: u32): bool {
  for (let root = n >> 1; root > 0; root--) sink(numbers, root - 1, n);
  let before: f64 = 0;
  for (let left = n; left > 0; left--) {
    const top = load<f64>(numbers);
    if (top == before) return true;
    before = top;
    store<f64>(numbers, load<f64>(numbers + ((<usize>(left - 1)) << 3)));
    sink(numbers, 0, left - 1);
  }
  return false;
}

/** Lets the number at `root` sink to its place in the heap of n. */
function sink(numbers: usize, root: u32, n: u32): void {
  let place = root;
  if (place >= n) return;
  const number = load<f64>(numbers + ((<usize>place) << 3));
  for (;;) {
    let child: u32 = 2 * place + 1;
    if (child >= n) break;
    if (child + 1 < n && load<f64>(numbers + ((<usize>child) << 3), 8) > load<f64>(numbers + ((<usize>child) << 3)))
      child++;
    const greater = load<f64>(numbers + ((<usize>child) << 3));
    if (greater <= number) break;
    store<f64>(numbers + ((<usize>place) << 3), greater);
    place = child;
  }
  store<f64>(numbers + ((<usize>place) << 3), number);
}
