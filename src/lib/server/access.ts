import type { Contract } from '../contract/contract.ts';
import type { Context } from './context.ts';
import type { AccessRule } from './implement.ts';

/**
 * Whether the context's user may call, judged when the packet runs. `'public'` and `'authenticated'` are rules, never
 * roles; in a list every entry is a role. A rule that throws lets nobody through: the error is the caller's to handle.
 */
export async function mayCall(
  rule: AccessRule<Contract, unknown>,
  ctx: Context,
  records: readonly unknown[],
): Promise<boolean> {
  // `=== true`: a rule in plain JavaScript that answers an object or a count by mistake opens nothing.
  if (typeof rule === 'function') return (await rule(ctx, records as never[])) === true;
  if (rule === 'public') return true;
  if (rule === 'authenticated') return ctx.user !== '';
  return typeof rule === 'string' ? ctx.roles.includes(rule) : rule.some((role) => ctx.roles.includes(role));
}
