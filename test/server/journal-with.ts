import type { Journal } from '../../src/lib/server/journal.ts';

/** A journal with some of its methods replaced. */
export function journalWith(journal: Journal, replaced: Partial<Journal>): Journal {
  return new Proxy(journal, {
    get(target, name) {
      const value: unknown = Reflect.get(Object.hasOwn(replaced, name) ? replaced : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
