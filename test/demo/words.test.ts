import { describe, expect, it } from 'vitest';
import { reasonFor } from '../../demo/page/words.ts';
import { Status } from '../../src/lib/packet.ts';

describe('reasonFor', () => {
  it('has a sentence for every status that a server may give', () => {
    const own = ['email_taken', 'client_has_invoices', 'client_missing'];
    const general = Object.keys(Status).filter((name) => !['ok', 'failed', 'rolled_back'].includes(name));
    for (const code of [...own, ...general]) {
      const reason = reasonFor('update', { code });
      expect(reason).toMatch(/^[A-Z].*\.$/);
      expect(reason).not.toContain(code);
    }
  });

  it('says what is wrong with a value, in the words of whoever judged it', () => {
    expect(reasonFor('create', { code: 'invalid', issues: [{ message: 'A client needs a name.' }] })).toBe(
      'A client needs a name.',
    );
  });

  it('says which right is missing', () => {
    expect(reasonFor('delete', { code: 'denied' })).toBe('Only a bookkeeper may delete.');
  });

  it('names a code that it does not know', () => {
    expect(reasonFor('create', { code: 'status_999' })).toBe('The server refused this (status_999).');
  });
});
