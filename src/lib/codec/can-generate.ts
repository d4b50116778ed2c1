let allowed: boolean | undefined;

/** A content security policy may forbid generated functions; then what they do is done without, slower. */
export function canGenerate(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function('return true')() === true;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}
