/**
 * The seam between the two codecs. Both work on an arena: one linear memory that holds shape programs for good and the
 * columns of one call. `assembly/protocol.ts` describes what stands in it (programs, tape, slots).
 *
 * Everything above this interface (objects <-> columns) is shared; everything below it exists twice, with the same
 * results to the byte: `wasm.ts` drives the module, `portable/` is the twin in TypeScript.
 */
export interface Kernels {
  readonly name: 'wasm' | 'portable';

  /**
   * Views of the whole arena. Replaced whenever the arena grows, which `install`, `reserve`, `decode` and `encode` may
   * do: read `heap` anew after each of them and keep no view across them.
   */
  readonly heap: Heap;

  /**
   * Rises when the space for installed words was full and has been emptied: addresses returned before are void.
   */
  readonly generation: number;

  /**
   * Puts words (a shape program, a route table) into the arena for good.
   *
   * Only between calls, never between `begin` and `decode`/`encode`.
   *
   * @returns Their byte address, good while `generation` stays.
   */
  install(words: Uint32Array): number;

  /** Starts a call: what the last one left is wiped and its space is free again. */
  begin(): void;

  /**
   * Takes space for columns or a tape, zeroed.
   *
   * @returns A byte address, a multiple of 8.
   * @throws {CrudpError} `out_of_memory` where the arena's hard maximum is reached.
   */
  reserve(bytes: number): number;

  /**
   * Judges and reads a whole frame of `kind`, between `begin` and the use of its tape.
   *
   * @param frame Only read. Offsets on the tape count from its first byte; text and blobs are not copied.
   * @param routeTable Address of the installed route table for this kind's direction.
   * @returns The address of the tape; 0 when the frame is refused: see `errorCode` and `errorOffset`.
   */
  decode(frame: Uint8Array, kind: number, routeTable: number, limits: FrameLimits): number;

  /**
   * Turns a run of UTF-8 of the frame that was decoded last into Latin-1, a byte for each letter. The arena does not grow.
   *
   * @param frame As it was given to `decode`.
   * @param units How many letters the run has.
   * @returns The address of so many bytes, good until `begin`; 0 where a letter is not in Latin-1, or is one of U+0080 to
   *   U+009F, which browsers take for others, or where there is no space.
   */
  latin1(frame: Uint8Array, offset: number, bytes: number, units: number): number;

  /**
   * Writes the frame that the tape at `tape` describes.
   *
   * The tape is trusted: whoever filled it has judged every value. Text stands in the arena. Blobs do not: of a frame
   * that has some (TAPE_TAIL), what stands before them is written, and the tail and the check are left to the caller.
   *
   * @returns How many bytes were written, and `output` their address; 0 when the arena cannot hold them.
   */
  encode(tape: number): number;

  /**
   * Hashes bytes of the arena (XXH32, seed 0) that are a piece of a longer run; its pieces come one after another.
   *
   * @param before How many bytes the pieces before this one had: a multiple of 16, or 0 at the run's begin.
   * @returns The hash of the run up to here, unsigned.
   */
  hash(start: number, end: number, before: number): number;

  /** Address of the last encoded frame. */
  readonly output: number;
  /** Code of protocol.ts and offset in bytes of the last refused frame. */
  readonly errorCode: number;
  readonly errorOffset: number;
}

/** Typed views of one memory; index = byte address / element size. */
export interface Heap {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
}

/** The limits that the kernels judge (A.8); those of JSON text and nesting are judged above them. */
export interface FrameLimits {
  readonly frame: number;
  readonly packets: number;
  readonly groups: number;
  readonly values: number;
  readonly string: number;
}
