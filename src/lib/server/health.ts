import { CrudpError } from '../errors.ts';
import type { Journal } from './journal.ts';

export interface Health {
  /** Whether batches can be taken now: what a load balancer asks. A process that is not ready may still be well. */
  readonly ready: boolean;
  /** `failed`: the journal answers nothing any more, the process is to be started anew. */
  readonly status: 'ok' | 'idle' | 'draining' | 'failed';
  /** Of the error, for `failed`. */
  readonly code?: string;
}

export async function healthOf(server: {
  readonly journal: Journal;
  readonly hasStarted: boolean;
  readonly isClosing: boolean;
}): Promise<Health> {
  if (server.isClosing) return { ready: false, status: 'draining' };
  if (!server.hasStarted) return { ready: false, status: 'idle' };
  try {
    // Any call will do: a journal that has failed refuses them all.
    await server.journal.end('all');
    return { ready: true, status: 'ok' };
  } catch (error) {
    const code = error instanceof CrudpError ? error.code : 'internal';
    // Not open yet, or busy: that passes.
    const isPassing = error instanceof CrudpError && (error.retryable || code === 'journal_closed');
    return { ready: false, status: isPassing ? 'idle' : 'failed', code };
  }
}
