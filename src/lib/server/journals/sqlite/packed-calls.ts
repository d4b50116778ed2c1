import type { LogAppend } from '../../journal-log.ts';
import type { Call, Calls, PackedFailure } from './calls.ts';
import type { PreparedEffect } from './effects.ts';
import { blobsOf, buffersOf } from './messages.ts';

/**
 * Calls as a message carries them. What a message costs is its objects, on both sides, hardly its bytes: completions as they
 * are take six times as long. So those are rows of plain values, one after another, and other calls stay what they are.
 */
export interface PackedCalls {
  readonly values: readonly unknown[];
  /** Short frames, side by side. */
  readonly frames: Uint8Array<ArrayBuffer>;
}

/** Longer frames are handed over as they are. */
const maxShort = 4096;

/** @returns Also the memory that goes with the message: bytes that are the calls' own, and nobody else's. */
export function packCalls(calls: readonly Call[]): { readonly packed: PackedCalls; readonly transfer: ArrayBuffer[] } {
  const writer = new Writer();
  for (const call of calls) {
    if (call.name === 'complete') writer.completion(call.args);
    else writer.other(call);
  }
  return writer.end();
}

export function unpackCalls(packed: PackedCalls): Call[] {
  const reader = new Reader(packed);
  const calls: Call[] = [];
  while (!reader.isAtEnd) {
    const call = reader.next<Call | 'complete'>();
    calls.push(call === 'complete' ? { name: 'complete', args: reader.completion() } : call);
  }
  return calls;
}

type Completing = Parameters<Calls['complete']>;

class Writer {
  readonly #values: unknown[] = [];
  readonly #short: Uint8Array[] = [];
  #shortBytes = 0;
  readonly #given: Uint8Array[] = [];

  other(call: Call): void {
    this.#values.push(call);
    this.#given.push(...blobsOf(call));
  }

  completion([{ user, outbox, token }, completion]: Completing): void {
    const { results, frame, logged, pushes, begins, effects, failed, at, marks } = completion;
    const values = this.#values;
    values.push('complete', user, outbox, token, at, logged);
    values.push(results.length, begins.length, pushes.length, effects.length, failed.length);
    // One by one: a group's packets are more than a call may have arguments.
    for (const { seq, status } of results) values.push(seq, status);
    for (const seq of begins) values.push(seq);
    for (const mark of marks) values.push(mark);
    values.push(this.#frame(frame));
    for (const push of pushes) values.push(push.log, this.#frame(push.frame));
    for (const { sql, params, expectChanges } of effects) {
      values.push(sql, expectChanges, params.length, ...params);
      for (const value of params) if (value instanceof Uint8Array) this.#given.push(value);
    }
    for (const one of failed) {
      values.push(one);
      this.#given.push(one.frame);
    }
  }

  end(): ReturnType<typeof packCalls> {
    const frames = new Uint8Array(this.#shortBytes);
    let end = 0;
    for (const frame of this.#short) {
      frames.set(frame, end);
      end += frame.length;
    }
    return { packed: { values: this.#values, frames }, transfer: buffersOf(this.#given) };
  }

  /** @returns What stands for it: its length, if it is short. */
  #frame(frame: Uint8Array): Uint8Array | number {
    const isShort = frame.length <= maxShort;
    (isShort ? this.#short : this.#given).push(frame);
    if (isShort) this.#shortBytes += frame.length;
    return isShort ? frame.length : frame;
  }
}

class Reader {
  readonly #values: readonly unknown[];
  readonly #frames: Uint8Array;
  #place = 0;
  #frameEnd = 0;

  constructor({ values, frames }: PackedCalls) {
    this.#values = values;
    this.#frames = frames;
  }

  get isAtEnd(): boolean {
    return this.#place === this.#values.length;
  }

  next<Value>(): Value {
    return this.#values[this.#place++] as Value;
  }

  completion(): Completing {
    const lease = { user: this.next<string>(), outbox: this.next<string>(), token: this.next<number>() };
    const [at, logged] = [this.next<number>(), this.next<boolean>()];
    const [results, begins, pushes] = [this.next<number>(), this.next<number>(), this.next<number>()];
    const [effects, failed] = [this.next<number>(), this.next<number>()];
    return [
      lease,
      {
        at,
        logged,
        results: this.#times(results, () => ({ seq: this.next<number>(), status: this.next<number>() })),
        begins: this.#some<number>(begins),
        marks: this.#some<string>(1 + pushes),
        frame: this.#frame(),
        pushes: this.#times(pushes, (): LogAppend => ({ log: this.next(), kind: 'push', frame: this.#frame() })),
        effects: this.#times(effects, () => this.#effect()),
        failed: this.#some<PackedFailure>(failed),
      },
    ];
  }

  #effect(): PreparedEffect {
    const [sql, expectChanges] = [this.next<string>(), this.next<number | undefined>()];
    const params = this.#some<PreparedEffect['params'][number]>(this.next<number>());
    return expectChanges === undefined ? { sql, params } : { sql, params, expectChanges };
  }

  #frame(): Uint8Array {
    const frame = this.next<Uint8Array | number>();
    if (typeof frame !== 'number') return frame;
    this.#frameEnd += frame;
    return this.#frames.subarray(this.#frameEnd - frame, this.#frameEnd);
  }

  #some<Value>(count: number): Value[] {
    this.#place += count;
    return this.#values.slice(this.#place - count, this.#place) as Value[];
  }

  #times<Item>(count: number, read: () => Item): Item[] {
    const items: Item[] = [];
    while (items.length < count) items.push(read());
    return items;
  }
}
