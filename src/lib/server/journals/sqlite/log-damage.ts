import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { CrudpError } from '../../../errors.ts';

// https://sqlite.org/fileformat2.html#the_write_ahead_log
const headerBytes = 32;
const frameHeaderBytes = 24;
/** Of the header, what its own sum covers; of a frame's header, what its sum covers beside the page. */
const [summedOfHeader, summedOfFrame] = [24, 8];
/** The last bit tells in which order of bytes the sums take words. */
const magic = 0x377f0682;

type Pair = readonly [number, number];

interface LogHeader {
  readonly isWhole: boolean;
  readonly isBig: boolean;
  readonly pageBytes: number;
  /** Of the frames that belong to it: others are left from an earlier log. */
  readonly salts: Pair;
  readonly sums: Pair;
}

/**
 * Looks for damage in a write-ahead log that SQLite would take for its end: it reads up to the first frame whose sum is
 * wrong, which is where a power cut tore the last commit, and silently drops whatever follows. With synchronous=FULL a
 * commit is on disk before the next one is written, so a wrong frame with another commit behind it was not torn.
 *
 * Damage in the last commit looks like a torn one, and may not be found. Where the application's own connection writes with
 * less than FULL, a power cut may look like damage: what it wrote is lost then.
 *
 * @throws {CrudpError} `journal_corrupt`.
 */
export function checkLog(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    // Another connection may have begun the log anew meanwhile: what looks damaged twice is.
    const frame = findDamage(file) && findDamage(file);
    if (frame)
      throw new CrudpError(
        'journal_corrupt',
        `the log is damaged in ${frame}, and commits follow: check: false goes on without them`,
      );
  } finally {
    closeSync(file);
  }
}

/** @returns What is wrong first, if a commit follows it. */
function findDamage(file: number): string | undefined {
  const header = readHeader(file);
  if (!header) return undefined;
  const { isWhole, isBig, pageBytes, salts } = header;
  let damaged = isWhole ? undefined : 'its header';
  // A header is on disk before the first frame is written, as if it were a commit.
  let commitPage = isWhole ? undefined : 0;
  let before = header.sums;
  const frame = Buffer.alloc(frameHeaderBytes + pageBytes);
  for (let number = 1; ; number++) {
    const at = headerBytes + (number - 1) * frame.length;
    if (readSync(file, frame, 0, frame.length, at) < frame.length) return undefined;
    const [page, own] = [frame.readUInt32BE(0), pairAt(frame, 16)];
    const isOurs = equal(pairAt(frame, 8), salts);
    const summed = sum(before, frame.subarray(0, summedOfFrame), isBig);
    const isRight = isOurs && equal(sum(summed, frame.subarray(frameHeaderBytes), isBig), own);
    if (!isRight) damaged ??= `frame ${number}`;
    if (damaged) {
      // Sums go on from frame to frame, also behind a wrong one. A copy of a commit's last page is padding.
      if (isRight && commitPage !== undefined && page !== commitPage) return damaged;
      if (isOurs && frame.readUInt32BE(4) !== 0) commitPage = page;
    }
    before = own;
  }
}

function readHeader(file: number): LogHeader | undefined {
  const header = Buffer.alloc(headerBytes);
  if (readSync(file, header, 0, headerBytes, 0) < headerBytes) return undefined;
  const isMagic = (header.readUInt32BE(0) & ~1) >>> 0 === magic;
  const isBig = isMagic ? (header.readUInt32BE(0) & 1) === 1 : endianness() === 'BE';
  const [salts, sums] = [pairAt(header, 16), pairAt(header, summedOfHeader)];
  const isWhole = isMagic && equal(sum([0, 0], header.subarray(0, summedOfHeader), isBig), sums);
  if (isWhole) return { isWhole, isBig, sums, salts, pageBytes: header.readUInt32BE(8) };
  // Whether its frames belong to it is told by the salt that is whole; their size, by where the salts are again.
  const found = saltsIn(file, headerBytes);
  if (!found || (found[0] !== salts[0] && found[1] !== salts[1])) return undefined;
  for (let pageBytes = 512; pageBytes <= 65_536; pageBytes *= 2) {
    const next = saltsIn(file, headerBytes + frameHeaderBytes + pageBytes);
    if (next && equal(next, found)) return { isWhole, isBig, sums, salts: found, pageBytes };
  }
  return undefined;
}

function saltsIn(file: number, frameAt: number): Pair | undefined {
  const salts = Buffer.alloc(8);
  return readSync(file, salts, 0, 8, frameAt + 8) < 8 ? undefined : pairAt(salts, 0);
}

function pairAt(bytes: Buffer, at: number): Pair {
  return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
}

function equal(a: Pair, b: Pair): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function sum([first, second]: Pair, bytes: Buffer, isBig: boolean): Pair {
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + second) >>> 0;
    second = (second + (isBig ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + first) >>> 0;
  }
  return [first, second];
}
