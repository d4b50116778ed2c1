import { CrudpError } from '../errors.ts';
import type { Journal } from './journal.ts';

/** What a server does when its storage has failed for good: refuse all that would be stored, or end the process too. */
export type OnStorageFailure = 'refuse' | 'exit' | ((error: CrudpError) => void);

const fatalCodes = ['storage_failed', 'journal_corrupt'];

/**
 * A journal that tells, once, that it has failed for good: an fsync that failed, a database found damaged. What was written
 * lately may be lost then, so nothing more is accepted; a supervisor that starts the process anew gives the disk another try.
 */
export function watchStorage(journal: Journal, onFailure: (error: CrudpError) => void): Journal {
  let hasFailed = false;
  const note = (error: unknown): never => {
    if (!hasFailed && error instanceof CrudpError && fatalCodes.includes(error.code)) {
      hasFailed = true;
      onFailure(error);
    }
    throw error;
  };
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(journal, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      let method = methods.get(name);
      if (!method) {
        method = (...args: unknown[]) => {
          const answer: unknown = value.apply(target, args);
          return answer instanceof Promise ? answer.catch(note) : answer;
        };
        methods.set(name, method);
      }
      return method;
    },
  });
}
