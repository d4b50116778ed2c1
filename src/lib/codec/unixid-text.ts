// Ticks and nodes are whole numbers below 2^63, beyond what doubles hold, and BigInt makes an object of each on its way
// to and from text: ten times the cost. Here they are two words, made of two runs of decimals with products below 2^53.
const WORD = 2 ** 32;
const BILLION = 1e9;
const MAX_DIGITS = 19;
const MAX_HIGH = 0x7fffffff;
const ZERO = 0x30;

/** What `parseUnixid` found: low and high word of the ticks, then of the node. */
export const parsed = new Uint32Array(4);

/** Whether a text is a unixid's (B.1); if so, `parsed` holds it. */
export function parseUnixid(text: string): boolean {
  const { length } = text;
  const dot = text.indexOf('.');
  if (!parseWhole(text, 0, dot < 0 ? length : dot, 0)) return false;
  if (dot >= 0) return parseWhole(text, dot + 1, length, 2);
  parsed[2] = 0;
  parsed[3] = 0;
  return true;
}

/** Parses 1 … 2^63 - 1 without leading zeros into the words at `at`. */
function parseWhole(text: string, start: number, end: number, at: number): boolean {
  const digits = end - start;
  if (digits < 1 || digits > MAX_DIGITS || text.charCodeAt(start) === ZERO) return false;
  // The value is high * 10^9 + low.
  const middle = digits > 9 ? end - 9 : start;
  let high = 0;
  let low = 0;
  let i = start;
  for (; i < middle; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return false;
    high = high * 10 + digit;
  }
  for (; i < end; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return false;
    low = low * 10 + digit;
  }
  // high = 2^16 * top + bottom has 34 bits, so all products stay exact. No %: of doubles it is a call.
  const top = Math.floor(high / 0x10000);
  const upper = top * BILLION;
  const upperWord = Math.floor(upper / 0x10000);
  const rest = (high - top * 0x10000) * BILLION + low + (upper - upperWord * 0x10000) * 0x10000;
  const highWord = upperWord + Math.floor(rest / WORD);
  if (highWord > MAX_HIGH) return false;
  // Stored modulo 2^32.
  parsed[at] = rest;
  parsed[at + 1] = highWord;
  return true;
}

/** @param words Ticks and node as `parsed` has them, at two word indices. */
export function unixidOf(words: Uint32Array, ticks: number, node: number): string {
  const text = wholeText(words[ticks] as number, words[ticks + 1] as number);
  const low = words[node] as number;
  const high = words[node + 1] as number;
  return low === 0 && high === 0 ? text : text + suffixOf(low, high);
}

// Whoever makes ids has one node: those of a column are mostly of few, and of one in a row.
let lastLow = 0;
let lastHigh = 0;
let lastSuffix = '.0';

function suffixOf(low: number, high: number): string {
  if (low !== lastLow || high !== lastHigh) {
    lastSuffix = `.${wholeText(low, high)}`;
    lastLow = low;
    lastHigh = high;
  }
  return lastSuffix;
}

function wholeText(low: number, high: number): string {
  // Values no type allows come here too, on their way to be marked: their text must not fail.
  if (high < 0x200000) return String(high * WORD + low);
  // 2^32 = 4 * 10^9 + 294967296, and 2^16 times that remainder = 19330 * 10^9 + 976710656.
  const upper = high >>> 16;
  const rest = (high & 0xffff) * 294967296 + upper * 976710656 + low;
  const more = Math.floor(rest / BILLION);
  return high * 4 + upper * 19330 + more + String(BILLION + rest - more * BILLION).slice(1);
}
