/** A value that its type does not allow: where, and what is wrong. */
export interface Issue {
  /** Place in the records: record index first, then field names and list indices, as in `[0, 'lines', 2, 'qty']`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The facts an error may carry beside its code. */
export interface ErrorFacts {
  readonly issues?: readonly Issue[];
  readonly status?: number;
  readonly reqId?: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * Every error this package makes on purpose.
 *
 * `code` is stable snake_case and begins the message: `[storage_full] the browser refuses to store more`.
 */
export class CrudpError extends Error {
  override readonly name: string = 'CrudpError';
  readonly code: string;
  /** For `invalid`: each value at fault. */
  readonly issues: readonly Issue[] | undefined;
  /** For a server's answer: its status code (C.5). */
  readonly status: number | undefined;
  /** The packet it is about. */
  readonly reqId: string | undefined;
  /** Whether the same call may go well later. */
  readonly retryable: boolean;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(`[${code}] ${message}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.issues = facts.issues;
    this.status = facts.status;
    this.reqId = facts.reqId;
    this.retryable = facts.retryable ?? false;
  }
}

/** An error of the package's own as it is, any other under a code. */
export function asCrudp(code: string, error: unknown): CrudpError {
  return error instanceof CrudpError ? error : new CrudpError(code, String(error), { cause: error });
}

/** A frame that is refused: `code` as in PROTOCOL.md A.7, `offset` in bytes from the frame's first. */
export class DecodeError extends CrudpError {
  override readonly name = 'DecodeError';
  readonly offset: number;

  constructor(code: string, offset: number, message = 'the frame is refused') {
    super(code, `${message} at offset ${offset}`);
    this.offset = offset;
  }
}

/** A batch that has no frame: `path` names the value, as in `packets[0].records[2].lines[1].qty`. */
export class EncodeError extends CrudpError {
  override readonly name = 'EncodeError';
  readonly path: string;

  constructor(path: string, message: string) {
    super('unencodable', `${path === '' ? 'the batch' : path}: ${message}`);
    this.path = path;
  }
}
