import type { Clock } from '../../clock.ts';
import type { Authenticate } from '../options.ts';
import { RequestRefused } from '../refused.ts';
import type { Uploads } from '../uploads.ts';
import { authenticated } from './authenticated.ts';
import { refuseCoding, refuseTaken } from './body.ts';
import type { Exchange } from './exchange.ts';

export interface UploadsRouteDeps {
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly uploads: Uploads | null;
  /** Resolves once the uploads are open. */
  readonly ready: () => Promise<void>;
}

/** Of the tus protocol; nothing that was uploaded is given out. */
export const uploadMethods = ['POST', 'HEAD', 'PATCH', 'DELETE'] as const;

/** {base}/uploads and {base}/uploads/<id>. */
export async function answerUploads(
  exchange: Exchange,
  { authenticate, clock, uploads, ready }: UploadsRouteDeps,
  [id = '']: readonly string[],
): Promise<void> {
  const { request, response } = exchange;
  const isThere = (id === '') === (request.method === 'POST');
  if (!uploads || !isThere) throw new RequestRefused(404, 'not_found', 'nothing is here');
  const { identity } = await authenticated(exchange, authenticate, clock);
  await ready();
  refuseTaken(request);
  refuseCoding(exchange.header('content-encoding'));
  exchange.writeHead();
  await uploads.answer(request, response, identity.user, id);
  exchange.answered({ user: identity.user });
}
