import type { Contract } from '../contract/contract.ts';
import { CrudpError, type Issue } from '../errors.ts';
import { Status } from '../packet.ts';
import type { RefusalFacts } from './context.ts';

/** Of a person's text or of issues; far below what a frame can hold, far above what anybody reads. */
const maxMessageUnits = 16_384;
const maxIssues = 100;

/** What `ctx.fail` makes: a status and a message that the client is meant to see. No other error's text leaves the server. */
export class Refusal extends CrudpError {
  override readonly name = 'Refusal';
  declare readonly status: number;
  /** As it goes into the result. */
  readonly resultMessage: string;

  constructor(code: string, status: number, facts: RefusalFacts) {
    const issues = facts.issues ?? (facts.path ? [{ path: facts.path, message: facts.message ?? code }] : undefined);
    super(code, facts.message ?? 'the handler refuses', { status, ...(issues && { issues }) });
    this.resultMessage = issues ? issuesMessage(issues) : textMessage(facts.message ?? '');
  }
}

/** What `ctx.retryAfter` makes. */
export class RetryLater extends CrudpError {
  override readonly name = 'RetryLater';
  readonly delayMs: number;

  constructor(delayMs: number) {
    if (!(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY)) {
      throw new TypeError('[bad_delay] retryAfter takes milliseconds from 0');
    }
    super('retry_later', `another try in ${delayMs} ms`, { retryable: true });
    this.delayMs = delayMs;
  }
}

/** @throws {TypeError} `bad_refusal`: neither the contract's nor one that a handler may give. */
export function refuse(contract: Contract, code: string, facts: RefusalFacts = {}): Refusal {
  return new Refusal(code, statusOf(contract, code), facts);
}

function statusOf(contract: Contract, code: string): number {
  switch (code) {
    case 'failed':
    case 'invalid':
    case 'denied':
    case 'not_found':
    case 'conflict':
      return Status[code];
  }
  const status = Object.hasOwn(contract.errors, code) ? contract.errors[code] : undefined;
  if (status === undefined) throw new TypeError(`[bad_refusal] the contract has no error ${JSON.stringify(code)}`);
  return status;
}

/** The message of a result whose values are at fault (C.5, status 2). */
export function issuesMessage(issues: readonly Issue[]): string {
  const text = (count: number) =>
    JSON.stringify({
      issues: issues.slice(0, count).map(({ path, message }) => ({ path, message: message.toWellFormed() })),
    });
  for (let count = Math.min(issues.length, maxIssues); count > 0; count >>= 1) {
    const message = text(count);
    if (message.length <= maxMessageUnits) return message;
  }
  return text(0);
}

// A frame has no room for a lone surrogate, and a cut may make one.
function textMessage(message: string): string {
  return message.slice(0, maxMessageUnits).toWellFormed();
}
