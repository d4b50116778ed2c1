import { describe, expect, it } from 'vitest';
import type { Client, Invoice } from '../../demo/contract.ts';
import type { OutboxEntry } from '../../demo/page/journeys.ts';
import { Ledger } from '../../demo/page/ledger.ts';

const ana: Client = { id: '1', name: 'Ana', email: 'ana@example.org', revision: 1 };
const bill: Invoice = { id: '9', client: '1', status: 'draft', lines: [], number: 12, revision: 1 };
const empty = { clients: [], invoices: [], documents: [], refusals: [], isLoaded: false };

function entry(seq: number, handler: string, action: string, record: unknown): OutboxEntry {
  return { reqId: `o.${seq}`, handler, action, records: [record], state: 'queued', queuedAt: 1000 };
}

const create = { handler: 'clients', action: 'create', records: [ana], reqId: 'o.1' };

describe('Ledger', () => {
  it('shows a packet until it is confirmed, and its row after that', () => {
    const ledger = new Ledger(empty);
    ledger.setWaiting([{ ...entry(1, 'clients', 'create', ana), state: 'sent', sentAt: 1100 }]);
    expect(ledger.clients.map(({ state }) => state)).toEqual(['sent']);
    ledger.hear({ kind: 'confirmed', ...create, result: [{ ...ana, revision: 1 }] }, 1350);
    expect(ledger.clients).toEqual([{ record: ana, state: 'saved', leaving: false }]);
    expect(ledger.waitingCount).toBe(0);
    expect(ledger.journeys).toEqual([
      { reqId: 'o.1', title: 'Add client Ana', state: 'done', savedAt: 1000, sentAt: 1100, endedAt: 1350 },
    ]);
  });

  it('keeps a refusal, once however often it is heard, until it is dismissed', () => {
    const ledger = new Ledger(empty);
    for (let time = 0; time < 2; time++) {
      ledger.hear({ kind: 'rejected', ...create, error: { code: 'email_taken' } }, 1);
    }
    const [seen] = ledger.clients;
    expect(seen?.state).toBe('refused');
    expect(seen?.refusal?.reason).toBe('Another client already has this e-mail address.');
    expect(new Ledger(ledger.snapshot).clients).toEqual(ledger.clients);
    ledger.dismiss('o.1');
    expect(ledger.clients).toEqual([]);
  });

  it('says nothing of what the person took back', () => {
    const ledger = new Ledger(empty);
    ledger.hear({ kind: 'rejected', ...create, error: { code: 'cancelled' } }, 1);
    expect(ledger.clients).toEqual([]);
  });

  it('takes what others did', () => {
    const ledger = new Ledger({ ...empty, clients: [ana], invoices: [bill] });
    ledger.hear(
      { kind: 'push', handler: 'clients', action: 'update', result: [{ ...ana, name: 'A', revision: 2 }] },
      1,
    );
    ledger.hear({ kind: 'remote', handler: 'invoices', action: 'delete', reqId: 'p.1', result: ['9'] }, 1);
    expect(ledger.clients.map(({ record }) => record.name)).toEqual(['A']);
    expect(ledger.invoices).toEqual([]);
  });

  it('names a deleted record in its journey', () => {
    const ledger = new Ledger({ ...empty, clients: [ana], invoices: [bill] });
    ledger.setWaiting([entry(1, 'invoices', 'delete', '9'), entry(2, 'clients', 'delete', '1')]);
    ledger.hear(
      { kind: 'confirmed', handler: 'invoices', action: 'delete', reqId: 'o.1', records: ['9'], result: ['9'] },
      5,
    );
    expect(ledger.journeys.map(({ title }) => title)).toEqual(['Delete client Ana', 'Delete invoice 12']);
  });

  it('knows which packet is about to create a client', () => {
    const ledger = new Ledger(empty);
    ledger.setWaiting([entry(4, 'clients', 'create', ana), entry(5, 'clients', 'update', { ...ana, id: '2' })]);
    expect(ledger.creatorOf('1')).toBe('o.4');
    expect(ledger.creatorOf('2')).toBeUndefined();
  });

  it('calls a packet that moved by its new name only', () => {
    const ledger = new Ledger(empty);
    ledger.setWaiting([entry(1, 'clients', 'create', ana)]);
    ledger.hear({ kind: 'queued', ...create, reqId: 'p.1', replaces: 'o.1' }, 2);
    ledger.setWaiting([{ ...entry(1, 'clients', 'create', ana), reqId: 'p.1' }]);
    expect(ledger.journeys.map(({ reqId }) => reqId)).toEqual(['p.1']);
  });

  it('does not count reads as changes', () => {
    const ledger = new Ledger(empty);
    ledger.setWaiting([entry(1, 'clients', 'read', {})]);
    expect([ledger.waitingCount, ledger.journeys.length]).toEqual([0, 0]);
  });
});
