import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestRefused } from '../refused.ts';

/**
 * Reads a whole request body, counting: an announced length is believed only where it is too much.
 *
 * A body somewhat too large is read to its end and dropped, so that the sender, who may not look for an answer before he
 * has sent all, gets it. Beyond twice the limit the connection is given up with the answer.
 *
 * @throws {RequestRefused} 413 `too_large`; 408 `aborted`, which hardly anybody hears.
 */
export async function readBody(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  maxBytes: number,
): Promise<Uint8Array> {
  let bytes = 0;
  const isHopeless = () => bytes > 2 * maxBytes || Number(request.headers['content-length'] ?? 0) > 2 * maxBytes;
  const chunks: Buffer[] = [];
  try {
    if (!isHopeless()) {
      // Left alive when the loop is left: destroying the request would take the answer's connection away.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes <= maxBytes) chunks.push(chunk);
        else chunks.length = 0;
        if (isHopeless()) break;
      }
    }
  } catch (cause) {
    throw new RequestRefused(408, 'aborted', `the body ended early: ${String(cause)}`);
  }
  const hasRest = isHopeless();
  if (hasRest && request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
  if (hasRest || bytes > maxBytes) {
    throw new RequestRefused(413, 'too_large', `a body has at most ${maxBytes} bytes`, { body: { maxBytes } });
  }
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, bytes);
}
