import type { Clock } from '../../clock.ts';
import type { Identity } from '../journal.ts';
import type { Authenticate } from '../options.ts';
import { RequestRefused } from '../refused.ts';
import type { Exchange } from './exchange.ts';

export interface Sender {
  readonly identity: Identity;
  readonly expiresAt: number | undefined;
}

/**
 * Asks the application who sends a request.
 *
 * @throws {RequestRefused} 401 `unauthenticated`.
 * @throws {TypeError} `bad_identity`: the application's answer is none.
 */
export async function authenticated(exchange: Exchange, authenticate: Authenticate, clock: Clock): Promise<Sender> {
  const found = await authenticate(exchange.request, exchange.response);
  if (!found || (found.expiresAt !== undefined && found.expiresAt <= clock.now())) {
    throw new RequestRefused(401, 'unauthenticated', 'sign in first');
  }
  const { user, roles = [], meta, expiresAt } = found;
  if (typeof user !== 'string' || user === '' || !user.isWellFormed() || user.includes('\0')) {
    throw new TypeError('[bad_identity] authenticate gives a user that is a well-formed text, or null');
  }
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) {
    throw new TypeError('[bad_identity] authenticate gives roles that are texts');
  }
  // NaN, as what a token lacks makes of it, would never be over.
  if (expiresAt !== undefined && !(typeof expiresAt === 'number' && !Number.isNaN(expiresAt))) {
    throw new TypeError('[bad_identity] authenticate gives an expiresAt that is a number, or none');
  }
  return { identity: { user, roles: [...roles], ...(meta !== undefined && { meta }) }, expiresAt };
}
