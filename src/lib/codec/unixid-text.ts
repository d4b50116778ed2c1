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
