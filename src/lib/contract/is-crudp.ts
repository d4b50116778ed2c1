import { CrudpError } from '../errors.ts';
import type { AnyErrorName, Contract } from './contract.ts';

/**
 * Whether `error` is one of this package's, and the one of that name: a refusal of the contract's own
 * (`email_taken`), a status (`denied`, `conflict`), or any other stable code.
 */
export function isCrudp<C extends Contract>(
  _contract: C,
  error: unknown,
  name?: AnyErrorName<C> | (string & {}),
): error is CrudpError {
  return error instanceof CrudpError && (name === undefined || error.code === name);
}
