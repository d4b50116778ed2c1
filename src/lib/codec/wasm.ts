import {
  ARENA_START,
  BAD_KIND,
  BAD_MAGIC,
  BAD_VERSION,
  CELL_BASE,
  CELL_CODE,
  CELL_OFFSET,
  CELL_OUTPUT,
  CELL_TOP,
  LIMIT,
  MAGIC,
  MARGIN,
  MIN_FRAME_BYTES,
  OK,
  OUT_OF_MEMORY,
  ROUTE_RECORDS,
  TRUNCATED,
  VALUES_BASE,
  VALUES_PER_BYTE,
  VERSION,
} from '../../../assembly/protocol.ts';
import { CrudpError } from '../errors.ts';
import type { FrameLimits, Heap, Kernels } from './kernels.ts';

/** The module's exports. Addresses come as signed numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  /** Wipes what the last call took. */
  clear(): void;
  /** Takes space of zeros; 0 where there is none. */
  reserve(bytes: number): number;
  decode(
    frame: number,
    length: number,
    routeTable: number,
    maxPackets: number,
    maxGroups: number,
    maxValues: number,
    maxUnits: number,
  ): number;
  encode(tape: number): number;
  latin1(from: number, bytes: number, to: number): number;
  hash(start: number, end: number, before: number): number;
}

/** Space for installed words; some 100 000 fields. */
const INSTALLED_BYTES = 1 << 22;
/** The module writes letters eight at a time. */
const LETTERS_MARGIN = 8;
/** Memory never shrinks. One of more than this, of which so many calls in a row took less than an eighth, is given up. */
const IDLE_BYTES = 1 << 24;
const IDLE_CALLS = 64;

/** The kernels of the compiled module. Each frame costs one call of `decode` or `encode`. */
export function createWasmKernels(module: WebAssembly.Module): Kernels {
  return new WasmKernels(module);
}

class WasmKernels implements Kernels {
  readonly name = 'wasm';
  generation = 0;
  output = 0;
  errorCode = OK;
  errorOffset = 0;
  private readonly module: WebAssembly.Module;
  private exports!: Exports;
  private views!: Heap;
  /** Where the frame that was decoded last stands. */
  private input = 0;
  /** Calls in a row that took little of a large memory. */
  private idle = 0;

  constructor(module: WebAssembly.Module) {
    this.module = module;
    this.instantiate();
  }

  get heap(): Heap {
    return this.views;
  }

  install(words: Uint32Array): number {
    const { byteLength } = words;
    this.begin();
    const base = this.cell(CELL_BASE);
    if (base > ARENA_START && base - ARENA_START + byteLength > INSTALLED_BYTES) {
      this.views.u8.fill(0, ARENA_START, base);
      this.moveBase(ARENA_START);
      this.generation++;
    }
    const address = this.reserve(byteLength);
    this.views.u32.set(words, address >>> 2);
    this.moveBase(this.cell(CELL_TOP));
    return address;
  }

  begin(): void {
    if (this.views.u8.length > IDLE_BYTES) this.mindSize();
    this.exports.clear();
  }

  reserve(bytes: number): number {
    const address = this.take(bytes);
    if (address === 0) {
      throw new CrudpError('out_of_memory', `the codec's memory cannot take ${bytes} bytes more`);
    }
    return address;
  }

  decode(frame: Uint8Array, kind: number, routeTable: number, limits: FrameLimits): number {
    if (!this.judgeOutside(frame, kind, limits.frame)) return 0;
    const { length } = frame;
    const input = this.take(length);
    if (input === 0) return this.refuse(OUT_OF_MEMORY, 0);
    this.input = input;
    this.views.u8.set(frame, input);
    const { packets, groups, values, string } = limits;
    const budget = Math.min(values, VALUES_BASE + VALUES_PER_BYTE * length);
    const { stackTraceLimit } = errors;
    limitStacks(0);
    let trap: unknown;
    try {
      const tape = this.exports.decode(input, length, routeTable, packets, groups, budget, string) >>> 0;
      this.refresh();
      return tape;
    } catch (cause) {
      trap = cause;
    } finally {
      limitStacks(stackTraceLimit);
    }
    return this.rescue(trap);
  }

  latin1(_: Uint8Array, offset: number, bytes: number, units: number): number {
    const address = this.cell(CELL_TOP);
    const end = address + units + LETTERS_MARGIN;
    if (end > this.views.u8.length - MARGIN) return 0;
    // Taken even if it comes to nothing: what has been written is wiped with the rest.
    this.takeTo(end);
    return this.exports.latin1(this.input + offset, bytes, address) < 0 ? 0 : address;
  }

  encode(tape: number): number {
    try {
      const length = this.exports.encode(tape) >>> 0;
      this.refresh();
      this.output = this.cell(CELL_OUTPUT);
      return length;
    } catch (cause) {
      return this.rescue(cause);
    }
  }

  hash(start: number, end: number, before: number): number {
    return this.exports.hash(start, end, before) >>> 0;
  }

  /** What can be judged before the frame is copied: the order of A.7 up to its checksum. */
  private judgeOutside(frame: Uint8Array, kind: number, maxBytes: number): boolean {
    const { length } = frame;
    const head = frame[1] as number;
    if (length < MIN_FRAME_BYTES) this.refuse(TRUNCATED, 0);
    else if (length > maxBytes) this.refuse(LIMIT, 0);
    else if (frame[0] !== MAGIC) this.refuse(BAD_MAGIC, 0);
    else if (head >> 4 !== VERSION) this.refuse(BAD_VERSION, 1);
    else if ((head & 15) !== kind) this.refuse(BAD_KIND, 1);
    else return true;
    return false;
  }

  private refuse(code: number, offset: number): 0 {
    this.errorCode = code;
    this.errorOffset = offset;
    return 0;
  }

  /**
   * After a trap.
   *
   * The module traps to refuse, with its cells set; nothing of that call is used any more. Any other trap is a bug of the
   * module's, and leaves an instance in a state that nobody knows: it is thrown away.
   */
  private rescue(cause: unknown): 0 {
    this.refresh();
    const code = this.cell(CELL_CODE);
    if (code === OK) {
      this.instantiate();
      this.generation++;
      throw new CrudpError('internal', 'the codec module trapped', { cause });
    }
    this.views.u32[CELL_CODE >>> 2] = OK;
    this.views.u8.fill(0, ROUTE_RECORDS, ARENA_START);
    return this.refuse(code, this.cell(CELL_OFFSET));
  }

  /** Gives up a large memory of which little is used. Installed words stay where they are: their addresses are known. */
  private mindSize(): void {
    const { u8 } = this.views;
    this.idle = this.cell(CELL_TOP) < u8.length / 8 ? this.idle + 1 : 0;
    if (this.idle < IDLE_CALLS) return;
    const base = this.cell(CELL_BASE);
    this.instantiate();
    this.reserve(base - ARENA_START);
    this.views.u8.set(u8.subarray(ARENA_START, base), ARENA_START);
    this.moveBase(base);
  }

  private instantiate(): void {
    this.exports = new WebAssembly.Instance(this.module, {}).exports as unknown as Exports;
    this.views = look(this.exports.memory.buffer);
    this.idle = 0;
    this.moveBase(ARENA_START);
  }

  /** Space is taken from here on; what was taken before stays. */
  private moveBase(address: number): void {
    this.views.u32[CELL_BASE >>> 2] = address;
    this.views.u32[CELL_TOP >>> 2] = address;
  }

  private cell(address: number): number {
    return this.views.u32[address >>> 2] as number;
  }

  /** @returns 0 where there is no such space. */
  private take(bytes: number): number {
    const address = this.cell(CELL_TOP);
    const end = address + bytes;
    // As the module itself does where memory need not grow, without the price of a call: each column takes its space.
    if (end <= this.views.u8.length - MARGIN) {
      this.takeTo(end);
      return address;
    }
    const taken = this.exports.reserve(bytes) >>> 0;
    this.refresh();
    return taken;
  }

  private takeTo(end: number): void {
    this.views.u32[CELL_TOP >>> 2] = (end + 7) & -8;
  }

  /** Views die when memory grows, and have no length then; this is the only place that makes them anew. */
  private refresh(): void {
    if (this.views.u8.length === 0) this.views = look(this.exports.memory.buffer);
  }
}

/** V8's; other engines do not know the property, and do not mind it. */
const errors = Error as { stackTraceLimit?: number | undefined };

/**
 * A refused frame traps, and three quarters of what a trap costs in V8 is its stack, which nobody sees: none is taken
 * while the module runs.
 */
function limitStacks(limit: number | undefined): void {
  try {
    errors.stackTraceLimit = limit;
  } catch {
    // Globals are frozen here: refusals cost their stacks.
  }
}

function look(buffer: ArrayBuffer): Heap {
  return {
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f64: new Float64Array(buffer),
    i64: new BigInt64Array(buffer),
  };
}
