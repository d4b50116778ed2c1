import type { Contract } from '../contract/contract.ts';
import { CrudpError } from '../errors.ts';
import { type ReqId, Status } from '../packet.ts';
import { issuesIn } from '../result-issues.ts';
import type { ResultItem } from './storage.ts';

const sentences: Readonly<Record<string, string>> = {
  invalid: 'values outside of their types',
  denied: 'not allowed',
  contract_mismatch: 'the server reads this in another shape',
  unsupported: 'the server knows no such action',
  skipped: 'a packet that it waits for has not ended well',
  rolled_back: 'another packet of its atomic group has not ended well',
  expired: 'its time was over before it was sent',
  too_large: 'the server does not take so much at once',
  internal: 'the server failed',
};

/** @returns What `result` rejects with; null where the packet ended well and its answer can be read. */
export function errorOf(contract: Contract, item: ResultItem, reqId: ReqId): CrudpError | null {
  const { status, message } = item;
  if (item.isCancelled) return new CrudpError('cancelled', 'taken out of the queue', { reqId });
  if (item.isDiscarded) {
    return new CrudpError('discarded', 'given up after it was sent: the server may run it', { reqId });
  }
  if (status === Status.ok) return item.isUnreadable ? unreadable(reqId) : null;
  const code = contract.errorName(status);
  const issues = issuesIn(status, message);
  const text = issues ? (issues[0]?.message ?? sentences.invalid) : message || sentences[code];
  return new CrudpError(code, text ?? 'the server refuses', { status, reqId, ...(issues && { issues }) });
}

/** It ended well, but its answer was written by a contract that this page cannot read. */
export function unreadable(reqId?: ReqId): CrudpError {
  const facts = { status: Status.ok, ...(reqId !== undefined && { reqId }) };
  return new CrudpError('unreadable', "this page's contract cannot read the records", facts);
}
