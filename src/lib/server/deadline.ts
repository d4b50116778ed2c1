import type { Clock } from '../clock.ts';
import { CrudpError } from '../errors.ts';

/**
 * Runs a handler that may take no longer than it is allowed to.
 *
 * @param run Is given the signal that its handler sees: aborted when the time is over, or with `shutdown`.
 * @param timeoutMs Infinity: as long as it likes.
 * @throws {CrudpError} `handler_timeout`; whatever `run` comes to after that is dropped.
 */
export async function withDeadline<Result>(
  run: (signal: AbortSignal) => Promise<Result>,
  clock: Clock,
  timeoutMs: number,
  shutdown: AbortSignal,
): Promise<Result> {
  if (timeoutMs === Number.POSITIVE_INFINITY) return run(shutdown);
  const own = new AbortController();
  // By hand: what AbortSignal.any makes stays with the signal it follows, which lives as long as the server.
  const follow = (): void => own.abort(shutdown.reason);
  if (shutdown.aborted) follow();
  shutdown.addEventListener('abort', follow);
  let fail: (error: CrudpError) => void = () => {};
  const over = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const timer = clock.after(timeoutMs, () => {
    const error = new CrudpError('handler_timeout', `the handler took longer than ${timeoutMs} ms`);
    own.abort(error);
    fail(error);
  });
  try {
    const running = run(own.signal);
    // Its own failure counts no more once the time is over, and must not end the process.
    running.catch(() => undefined);
    return await Promise.race([running, over]);
  } finally {
    timer.cancel();
    shutdown.removeEventListener('abort', follow);
  }
}
