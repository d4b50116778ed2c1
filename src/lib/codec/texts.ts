/** Ticks and node as two 32-bit halves each, little end first: what an i64 column holds. */
const MAX_TICKS = 0x7fffffffffffffffn;
const unixidText = /^([1-9]\d{0,18})(?:\.([1-9]\d{0,18}))?$/;

/** @returns Ticks and node of a unixid's text; null where it is none (B.1). */
export function parseUnixid(text: string): { ticks: bigint; node: bigint } | null {
  const match = unixidText.exec(text);
  if (match === null) return null;
  const ticks = BigInt(match[1] as string);
  const node = match[2] === undefined ? 0n : BigInt(match[2]);
  return ticks <= MAX_TICKS && node <= MAX_TICKS ? { ticks, node } : null;
}

export function unixidOf(ticks: bigint, node: bigint): string {
  return node === 0n ? String(ticks) : `${ticks}.${node}`;
}

/** Whether a JSON text has no more than `limit` brackets open at once, outside of strings. */
export function isShallow(text: string, limit: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (quoted) {
      if (unit === 0x5c) i++;
      else if (unit === 0x22) quoted = false;
    } else if (unit === 0x22) {
      quoted = true;
    } else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > limit) return false;
    } else if (unit === 0x5d || unit === 0x7d) {
      depth--;
    }
  }
  return true;
}
