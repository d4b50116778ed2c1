import { ROUTE_COUNT } from '../../../../assembly/protocol.ts';

/** How many records each route of a frame has. Kept between frames; a frame pays only for the routes it names. */
export class RouteSums {
  /** Routes with records. */
  distinct = 0;
  private readonly sums = new Float64Array(ROUTE_COUNT);
  /** A bit for each route that has records. */
  private readonly present = new Int32Array(ROUTE_COUNT / 32);

  clear(): void {
    this.distinct = 0;
    this.present.fill(0);
  }

  /** @param items More than 0; sums below 2^53 are exact. */
  add(route: number, items: number): void {
    const word = route >>> 5;
    const bit = 1 << (route & 31);
    const bits = this.present[word] as number;
    if ((bits & bit) === 0) {
      this.present[word] = bits | bit;
      this.sums[route] = items;
      this.distinct++;
    } else {
      this.sums[route] = (this.sums[route] as number) + items;
    }
  }

  sumOf(route: number): number {
    return this.sums[route] as number;
  }

  /** The least route with records that is above `route`, which is -1 for the first; ROUTE_COUNT where there is none. */
  after(route: number): number {
    let word = (route + 1) >>> 5;
    if (word === this.present.length) return ROUTE_COUNT;
    let bits = (this.present[word] as number) & (-1 << ((route + 1) & 31));
    while (bits === 0) {
      if (++word === this.present.length) return ROUTE_COUNT;
      bits = this.present[word] as number;
    }
    return word * 32 + (31 - Math.clz32(bits & -bits));
  }
}
