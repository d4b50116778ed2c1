/** JSON.stringify's text, or null where there is none: undefined, functions, bigint, cycles. */
export function jsonTextOf(value: unknown): string | null {
  try {
    return (JSON.stringify(value) as string | undefined) ?? null;
  } catch {
    return null;
  }
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
