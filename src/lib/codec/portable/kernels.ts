import { OK, OUT_OF_MEMORY } from '../../../../assembly/protocol.ts';
import { CrudpError } from '../../errors.ts';
import { xxh32Piece } from '../../xxh32.ts';
import type { FrameLimits, Heap, Kernels } from '../kernels.ts';
import { ARENA_BYTES, Arena, INSTALLED_BYTES } from './arena.ts';
import { decodeFrame } from './decode.ts';
import { encodeFrame } from './encode.ts';
import { LETTERS_MARGIN, writeLatin1 } from './latin1.ts';
import { Reader } from './reader.ts';
import { Refusal } from './refusal.ts';
import { RouteSums } from './routes.ts';
import { Writer } from './writer.ts';

export interface ArenaBounds {
  /** The arena's hard maximum in bytes. Default 512 MiB. */
  readonly arena?: number;
  /** Bytes of installed words; beyond them the space is emptied and the generation rises. Default 4 MiB. */
  readonly installed?: number;
}

/** The twin of the module: the same results to the byte, in plain TypeScript. */
export function createPortableKernels(bounds: ArenaBounds = {}): Kernels {
  return new PortableKernels(new Arena(bounds.arena ?? ARENA_BYTES, bounds.installed ?? INSTALLED_BYTES));
}

class PortableKernels implements Kernels {
  readonly name = 'portable';
  output = 0;
  errorCode = OK;
  errorOffset = 0;
  private readonly arena: Arena;
  private readonly reader: Reader;
  private readonly writer: Writer;
  private readonly routes = new RouteSums();

  constructor(arena: Arena) {
    this.arena = arena;
    this.reader = new Reader(arena);
    this.writer = new Writer(arena);
  }

  get heap(): Heap {
    return this.arena;
  }

  get generation(): number {
    return this.arena.generation;
  }

  install(words: Uint32Array): number {
    return this.arena.install(words);
  }

  begin(): void {
    this.arena.clear();
  }

  reserve(bytes: number): number {
    return this.arena.take(bytes);
  }

  decode(frame: Uint8Array, kind: number, routeTable: number, limits: FrameLimits): number {
    this.errorCode = OK;
    this.errorOffset = 0;
    try {
      return decodeFrame(this.reader, this.routes, frame, kind, routeTable, limits);
    } catch (fault) {
      if (fault instanceof Refusal) {
        this.errorCode = fault.code;
        this.errorOffset = fault.offset;
      } else if (isFull(fault)) {
        this.errorCode = OUT_OF_MEMORY;
      } else {
        throw fault;
      }
      return 0;
    } finally {
      this.reader.close();
    }
  }

  latin1(frame: Uint8Array, offset: number, bytes: number, units: number): number {
    const { arena } = this;
    const address = arena.top;
    const end = address + units + LETTERS_MARGIN;
    if (end > arena.u8.length) return 0;
    // Taken even if it comes to nothing: what has been written is wiped with the rest.
    arena.take(end - address);
    return writeLatin1(frame, offset, bytes, arena, address) ? address : 0;
  }

  hash(start: number, end: number, before: number): number {
    return xxh32Piece(this.arena.view, start, end, before);
  }

  encode(tape: number): number {
    try {
      this.output = this.arena.top;
      return encodeFrame(this.writer, tape);
    } catch (fault) {
      if (isFull(fault)) return 0;
      throw fault;
    } finally {
      this.writer.close();
    }
  }
}

function isFull(fault: unknown): boolean {
  return fault instanceof CrudpError && fault.code === 'out_of_memory';
}
