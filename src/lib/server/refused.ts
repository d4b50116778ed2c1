import { CrudpError } from '../errors.ts';
import { isOfJournal } from './journal.ts';

/** A request that gets an error for an answer: HTTP status, and what its JSON body says beside code and message. */
export class RequestRefused extends CrudpError {
  override readonly name = 'RequestRefused';
  readonly httpStatus: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    httpStatus: number,
    code: string,
    message: string,
    facts: { readonly body?: Readonly<Record<string, unknown>>; readonly retryAfterSeconds?: number } = {},
  ) {
    super(code, message, { retryable: httpStatus === 429 || httpStatus >= 500 });
    this.httpStatus = httpStatus;
    this.body = { code, message, ...facts.body };
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** What the journal cannot do now, as an answer; any other error as it is. */
export function refusalOf(error: unknown): unknown {
  if (!isOfJournal(error)) return error;
  if (error.code === 'storage_full') return new RequestRefused(507, 'storage_full', 'the disk is full');
  return new RequestRefused(503, error.code, 'the journal cannot do that now', { retryAfterSeconds: 10 });
}
