import { CrudpError } from '../errors.ts';

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
