import type { Clock } from '../clock.ts';
import type { Contract } from '../contract/contract.ts';
import type { Outgoing } from './next-frame.ts';
import type { SyncAnswer, Transport } from './transport.ts';

export interface PostDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly user: string;
  readonly contract: Contract;
}

/** A link that brings no answer for so long, or takes fewer bytes a millisecond, counts as broken. */
const patienceMs = 30_000;
const slowestBytesPerMs = 2;

/**
 * Posts a frame.
 *
 * @param posting Aborted by the caller, or here when patience ends.
 * @throws Where there is no answer.
 */
export async function postFrame(deps: PostDeps, sent: Outgoing, posting: AbortController): Promise<SyncAnswer> {
  const { transport, clock, user, contract } = deps;
  const { after, tag, waitMs, frame } = sent;
  const longestMs = patienceMs + waitMs + frame.length / slowestBytesPerMs;
  const timer = clock.after(longestMs, () => posting.abort());
  try {
    return await transport.sync({ user, contract: contract.version, after, tag, waitMs, frame }, posting.signal);
  } finally {
    timer.cancel();
  }
}
