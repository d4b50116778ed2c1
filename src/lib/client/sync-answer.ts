import type { SyncState } from './status.ts';
import type { Place } from './storage.ts';
import type { SyncAnswer } from './transport.ts';

/** What an answer to a frame means for the client (PROTOCOL.md C.2). */
export type Verdict =
  | {
      readonly kind: 'accepted';
      readonly epoch: string;
      readonly accepted: number;
      /** A response frame, as base64. */
      readonly results: string | null;
    }
  | { readonly kind: 'moved'; readonly place: Place }
  /** The queue waits until somebody signs in. */
  | { readonly kind: 'rest'; readonly state: SyncState }
  /** The frame is malformed, or holds something that is. */
  | { readonly kind: 'bad_frame'; readonly message: string }
  /** `isFinal`: the server itself says so; a proxy's limit only calls for smaller frames. */
  | { readonly kind: 'too_large'; readonly isFinal: boolean }
  /** Nothing has changed; another try later. */
  | { readonly kind: 'failed'; readonly code: string; readonly retryAfterMs?: number };

export function verdictOf(answer: SyncAnswer): Verdict {
  const { isServer, status, retryAfterMs } = answer;
  const json = (typeof answer.json === 'object' && answer.json !== null ? answer.json : {}) as Record<string, unknown>;
  if (!isServer)
    return status === 413 ? { kind: 'too_large', isFinal: false } : { kind: 'failed', code: 'unreachable' };
  const code = typeof json.code === 'string' ? json.code : `http_${status}`;
  switch (status) {
    case 202:
      return acceptedOf(json);
    case 400:
      return { kind: 'bad_frame', message: typeof json.message === 'string' ? `${code}: ${json.message}` : code };
    case 401:
      return { kind: 'rest', state: { state: 'needs-auth' } };
    case 403:
      return code === 'wrong_user'
        ? { kind: 'rest', state: { state: 'held', reason: code } }
        : { kind: 'failed', code };
    case 409:
      return code === 'moved' ? movedOf(json) : { kind: 'failed', code };
    case 413:
      return { kind: 'too_large', isFinal: true };
    default:
      return { kind: 'failed', code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
}

const malformed: Verdict = { kind: 'failed', code: 'bad_answer' };

function acceptedOf({ epoch, accepted, results }: Record<string, unknown>): Verdict {
  if (!isHex64(epoch) || !Number.isSafeInteger(accepted)) return malformed;
  return {
    kind: 'accepted',
    epoch,
    accepted: accepted as number,
    results: typeof results === 'string' ? results : null,
  };
}

function movedOf({ epoch, accepted, tag }: Record<string, unknown>): Verdict {
  // An outbox that the server does not know stands at 0.0.0.
  if (accepted === 0) return { kind: 'moved', place: { epoch: '0', seq: 0, tag: '0' } };
  if (!isHex64(epoch) || !isHex64(tag) || !Number.isSafeInteger(accepted)) return malformed;
  return { kind: 'moved', place: { epoch, seq: accepted as number, tag } };
}

function isHex64(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}
