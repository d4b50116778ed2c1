import type { Clock } from '../clock.ts';
import { CrudpError } from '../errors.ts';

/**
 * Waits for handlers that are under way when the server closes.
 *
 * @param ended Resolves when none is.
 * @param abort Aborted after `graceMs`; what is still at it after as long again is left behind.
 */
export async function drain(
  ended: Promise<unknown>,
  abort: AbortController,
  clock: Clock,
  graceMs: number,
): Promise<void> {
  const timers = [clock.after(graceMs, () => abort.abort(new CrudpError('shutdown', 'the server is closing')))];
  const left = new Promise<void>((resolve) => timers.push(clock.after(2 * graceMs, resolve)));
  // The clock's timers let Node end, and with it a handler that waits for nothing that Node counts.
  const hold = setInterval(() => undefined, 0x7fffffff);
  await Promise.race([ended, left]);
  clearInterval(hold);
  for (const timer of timers) timer.cancel();
}
