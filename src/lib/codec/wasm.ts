import { OK, OUT_OF_MEMORY } from '../../../assembly/protocol.ts';
import { CrudpError } from '../errors.ts';
import type { FrameLimits, Heap, Kernels } from './kernels.ts';

/** The module's exports; assembly/index.ts has their meaning. Addresses come as signed numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  generation(): number;
  install(bytes: number): number;
  clear(): void;
  reserve(bytes: number): number;
  decode(
    frame: number,
    length: number,
    kind: number,
    routeTable: number,
    maxFrame: number,
    maxPackets: number,
    maxGroups: number,
    maxValues: number,
    maxUnits: number,
  ): number;
  encode(tape: number): number;
  readonly output: WebAssembly.Global<'i32'>;
  /** The status cell: set by a refusal, which then traps. */
  readonly code: WebAssembly.Global<'i32'>;
  readonly offset: WebAssembly.Global<'i32'>;
}

/** Greater numbers would be cut on their way into the module. */
const MAX_U32 = 0xffff_ffff;

/** The kernels of the compiled module. Each frame costs one call of `decode` or `encode`. */
export function createWasmKernels(module: WebAssembly.Module): Kernels {
  return new WasmKernels(module);
}

class WasmKernels implements Kernels {
  readonly name = 'wasm';
  output = 0;
  errorCode = OK;
  errorOffset = 0;
  private readonly module: WebAssembly.Module;
  private exports: Exports;
  private views: Heap;
  /** Generations of instances that were thrown away. */
  private past = 0;

  constructor(module: WebAssembly.Module) {
    this.module = module;
    this.exports = instantiate(module);
    this.views = look(this.exports.memory.buffer);
  }

  get heap(): Heap {
    return this.views;
  }

  get generation(): number {
    return this.past + this.exports.generation();
  }

  install(words: Uint32Array): number {
    const address = this.exports.install(words.byteLength) >>> 0;
    if (address === 0) throw noMemory(words.byteLength);
    this.refresh();
    this.views.u32.set(words, address >>> 2);
    return address;
  }

  begin(): void {
    this.exports.clear();
  }

  reserve(bytes: number): number {
    const address = this.take(bytes);
    if (address === 0) throw noMemory(bytes);
    return address;
  }

  decode(frame: Uint8Array, kind: number, routeTable: number, limits: FrameLimits): number {
    const { length } = frame;
    // A frame beyond its limit is refused for its length alone: only its first bytes need to be there.
    const copied = length <= limits.frame ? frame : frame.subarray(0, 16);
    const input = this.take(copied.length);
    if (input === 0) {
      this.errorCode = OUT_OF_MEMORY;
      this.errorOffset = 0;
      return 0;
    }
    this.views.u8.set(copied, input);
    const { frame: maxFrame, packets, groups, values, string } = limits;
    const size = Math.min(length, MAX_U32);
    return this.call(() =>
      this.exports.decode(input, size, kind, routeTable, maxFrame, packets, groups, values, string),
    );
  }

  encode(tape: number): number {
    const length = this.call(() => this.exports.encode(tape));
    this.output = this.exports.output.value >>> 0;
    return length;
  }

  /**
   * Calls into the module.
   *
   * It traps to refuse a frame, with the status cell set; nothing of that call is used any more. Any other trap is a bug of
   * the module's, and leaves an instance in a state that nobody knows: it is thrown away.
   *
   * @returns 0 for a refusal.
   */
  private call(call: () => number): number {
    const { code, offset } = this.exports;
    code.value = OK;
    let result = 0;
    try {
      result = call() >>> 0;
    } catch (cause) {
      if (code.value === OK) {
        this.replace();
        throw new CrudpError('internal', 'the codec module trapped', { cause });
      }
    }
    this.errorCode = code.value;
    this.errorOffset = offset.value >>> 0;
    this.refresh();
    return result;
  }

  /** @returns 0 where there is no such space. */
  private take(bytes: number): number {
    const address = bytes <= MAX_U32 ? this.exports.reserve(bytes) >>> 0 : 0;
    this.refresh();
    return address;
  }

  private replace(): void {
    this.past += this.exports.generation() + 1;
    this.exports = instantiate(this.module);
    this.views = look(this.exports.memory.buffer);
  }

  /** Views die when memory grows; this is the only place that makes them. */
  private refresh(): void {
    const { buffer } = this.exports.memory;
    if (buffer !== this.views.u8.buffer) this.views = look(buffer);
  }
}

function instantiate(module: WebAssembly.Module): Exports {
  return new WebAssembly.Instance(module, {}).exports as unknown as Exports;
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

function noMemory(bytes: number): CrudpError {
  return new CrudpError('out_of_memory', `the codec's memory cannot take ${bytes} bytes more`);
}
