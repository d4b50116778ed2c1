// Bytes of a frame are valid UTF-8 by the time they are decoded. A byte order mark is a character like others.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** What Node's Buffer offers beyond Uint8Array; absent in browsers. */
interface Latin1Slicing {
  latin1Slice(start: number, end: number): string;
}
const latin1Slice = (globalThis as { Buffer?: { prototype: Latin1Slicing } }).Buffer?.prototype.latin1Slice;

/** A run of UTF-8 that holds strings one after another. */
export interface Run {
  readonly frame: Uint8Array;
  readonly offset: number;
  readonly bytes: number;
  /** The strings' lengths in UTF-16 units stand here … */
  readonly words: Uint32Array;
  /** … from this index on; their sum is `bytes` exactly where all is ASCII. */
  readonly lengths: number;
  /** How many strings there are. */
  readonly count: number;
}

/** Cuts a run into its strings, some at a time. */
export class Text {
  private readonly run: Run;
  private readonly isAscii: boolean;
  /** Of a run that is not ASCII: nobody knows where in it a unit begins. */
  private whole: string | undefined;
  private index = 0;
  private unit = 0;

  constructor(run: Run) {
    this.run = run;
    this.isAscii = unitsOf(run, 0, run.count) === run.bytes;
  }

  /** The next n strings. One native call for all of them: a call each would cost more than the strings. */
  take(n: number): string[] {
    const { words, lengths } = this.run;
    const piece = this.piece(n);
    let at = this.isAscii ? 0 : this.unit;
    const first = lengths + this.index;
    const out = new Array<string>(n);
    for (let i = 0; i < n; i++) {
      const end = at + (words[first + i] as number);
      out[i] = piece.substring(at, end);
      at = end;
    }
    this.unit = this.isAscii ? this.unit + at : at;
    this.index += n;
    return out;
  }

  private piece(n: number): string {
    const { frame, offset, bytes } = this.run;
    if (!this.isAscii) {
      this.whole ??= utf8.decode(frame.subarray(offset, offset + bytes));
      return this.whole;
    }
    const start = offset + this.unit;
    const end = start + unitsOf(this.run, this.index, n);
    return latin1Slice ? latin1Slice.call(frame, start, end) : utf8.decode(frame.subarray(start, end));
  }
}

function unitsOf({ words, lengths }: Run, from: number, n: number): number {
  let units = 0;
  for (let i = lengths + from; i < lengths + from + n; i++) units += words[i] as number;
  return units;
}
