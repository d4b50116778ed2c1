import type { Issue } from './errors.ts';
import { Status } from './packet.ts';

/**
 * The issues that a result's message holds as JSON (PROTOCOL.md C.5). A refusal by `ctx.fail` may carry issues whatever
 * its status; only text of that form is taken for it.
 *
 * @returns null where there are none.
 */
export function issuesIn(status: number, message: string): Issue[] | null {
  if (status !== Status.invalid && !message.startsWith('{"issues":')) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    return status === Status.invalid && message !== '' ? [{ path: [], message }] : null;
  }
  const found = (parsed as { issues?: unknown } | null)?.issues;
  return Array.isArray(found) && found.every(isIssue) ? found : null;
}

function isIssue(value: unknown): value is Issue {
  const { path, message } = (value ?? {}) as Record<string, unknown>;
  const isPart = (part: unknown): boolean => typeof part === 'string' || typeof part === 'number';
  return typeof message === 'string' && Array.isArray(path) && path.every(isPart);
}
