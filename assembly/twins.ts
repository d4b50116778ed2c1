/**
 * Whether two of n > 0 doubles above 0 are equal; sorts them.
 *
 * A heap sort: no input makes it slower than n log n, and it needs no memory. One loop for both of its halves: as long as
 * `root` is above 0 the heap grows downwards, then its greatest go one by one.
 */
export function hasTwins(numbers: usize, n: u32): bool {
  let root = n >> 1;
  let before: f64 = 0;
  while (n > 0) {
    let number: f64;
    if (root > 0) {
      number = load<f64>(numbers + ((<usize>--root) << 3));
    } else {
      const greatest = load<f64>(numbers);
      if (greatest == before) return true;
      before = greatest;
      number = load<f64>(numbers + ((<usize>--n) << 3));
    }
    let place = root;
    for (;;) {
      let child: u32 = 2 * place + 1;
      if (child >= n) break;
      let at = numbers + ((<usize>child) << 3);
      if (child + 1 < n && load<f64>(at, 8) > load<f64>(at)) {
        child++;
        at += 8;
      }
      if (load<f64>(at) <= number) break;
      store<f64>(numbers + ((<usize>place) << 3), load<f64>(at));
      place = child;
    }
    store<f64>(numbers + ((<usize>place) << 3), number);
  }
  return false;
}
