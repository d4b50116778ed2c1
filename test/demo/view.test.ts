import { describe, expect, it } from 'vitest';
import { Rows } from '../../demo/page/rows.ts';
import { type Refusal, viewOf, type Waiting } from '../../demo/page/view.ts';

interface Person {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly number?: number;
}

const ana: Person = { id: '1', name: 'Ana', revision: 3 };
const confirmed = new Rows([ana]).all;

function waiting(action: string, record: unknown, state: Waiting['state'] = 'queued'): Waiting {
  return { reqId: 'o.1', handler: 'people', action, records: [record], state };
}

describe('viewOf', () => {
  it('shows confirmed rows as saved', () => {
    expect(viewOf(confirmed, [], [], {})).toEqual([{ record: ana, state: 'saved', leaving: false }]);
  });

  it('shows what waits on top of it, in its order', () => {
    const packets = [
      waiting('create', { id: '2', name: 'Luis' }),
      waiting('update', { id: '2', name: 'Luis B.', revision: 1 }, 'sent'),
      waiting('update', { ...ana, name: 'Ana B.' }, 'accepted'),
    ];
    expect(viewOf(confirmed, packets, [], { number: 0 })).toEqual([
      { record: { id: '1', name: 'Ana B.', revision: 4 }, state: 'accepted', leaving: false },
      { record: { id: '2', name: 'Luis B.', revision: 2 }, state: 'sent', leaving: false },
    ]);
  });

  it('fills in what only the server can give', () => {
    const [, luis] = viewOf(confirmed, [waiting('create', { id: '2', name: 'Luis' })], [], { number: 0 });
    expect(luis?.record).toEqual({ id: '2', name: 'Luis', revision: 1, number: 0 });
  });

  it('keeps a row that is to be deleted until it is', () => {
    expect(viewOf(confirmed, [waiting('delete', '1')], [], {})).toEqual([
      { record: ana, state: 'queued', leaving: true },
    ]);
  });

  it('does not apply again what is confirmed already', () => {
    const packets = [
      waiting('create', { id: '1', name: 'Anna' }),
      waiting('update', { ...ana, revision: 2, name: 'A' }),
    ];
    expect(viewOf(confirmed, packets, [], {})).toEqual([{ record: ana, state: 'saved', leaving: false }]);
  });

  it('goes back to what was when a change is refused, and says why there', () => {
    const refusal: Refusal = {
      reqId: 'o.1',
      handler: 'people',
      action: 'update',
      wished: { ...ana, name: 'x' },
      reason: 'No.',
    };
    expect(viewOf(confirmed, [], [refusal], {})).toEqual([{ record: ana, state: 'saved', leaving: false, refusal }]);
  });

  it('keeps what was refused to be created, so that it can be mended', () => {
    const refusal: Refusal = {
      reqId: 'o.1',
      handler: 'people',
      action: 'create',
      wished: { id: '2', name: 'x' },
      reason: 'No.',
    };
    const seen = viewOf(confirmed, [], [refusal], {});
    expect(seen[1]).toEqual({ record: refusal.wished, state: 'refused', leaving: false, refusal });
  });
});

describe('Rows', () => {
  it('takes the newer of two versions, whichever comes first', () => {
    const rows = new Rows([ana]);
    rows.put([{ ...ana, name: 'old', revision: 2 }]);
    rows.put([{ ...ana, name: 'new', revision: 4 }]);
    expect(rows.all.get('1')?.name).toBe('new');
  });

  it('does not bring back what was deleted, when its creation is heard late', () => {
    const rows = new Rows<Person>();
    rows.remove(['1']);
    rows.put([ana]);
    expect(rows.all.size).toBe(0);
  });

  it('drops what a complete list no longer has, but not what came while it was on its way', () => {
    const rows = new Rows([ana, { id: '2', name: 'Luis', revision: 1 }]);
    const since = new Set(rows.all.keys());
    rows.put([{ id: '3', name: 'Eva', revision: 1 }]);
    rows.reset([{ ...ana, revision: 5 }], since);
    expect([...rows.all.values()].map(({ id, revision }) => [id, revision])).toEqual([
      ['1', 5],
      ['3', 1],
    ]);
  });
});
