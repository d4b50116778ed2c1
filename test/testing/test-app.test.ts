import { describe, expect, it, onTestFinished } from 'vitest';
import type { CrudpEvent } from '../../src/lib/client/events.ts';
import { ManualClock } from '../../src/lib/testing/manual-clock.ts';
import { type TestAppOptions, testApp } from '../../src/lib/testing/test-app.ts';
import { app, note, notes } from '../server/app.ts';

type Options = TestAppOptions<(typeof app)['handlers'], (typeof app)['errors']>;

async function start(options: Partial<Options> = {}) {
  const ran: string[] = [];
  const t = await testApp(app, { modules: [notes(ran)], user: { id: 'ana', roles: ['writer'] }, ...options });
  onTestFinished(() => t.close());
  return { t, ran };
}

describe('testApp', () => {
  it('answers with what the handler gives', async () => {
    const { t } = await start();
    expect(await t.client.notes.create(note('1', 'one', 3)).result).toEqual([note('1', 'one', 3)]);
    expect(await t.client.notes.read({ text: 'x' }).result).toEqual([note('found', 'x')]);
  });

  it('rejects with the refusal of the handler and its issues', async () => {
    const { t } = await start();
    const { result } = t.client.notes.create([note('1'), note('2', 'taken')]);
    await expect(result).rejects.toMatchObject({
      code: 'id_taken',
      status: 300,
      issues: [{ path: [1, 'id'], message: 'have it' }],
    });
  });

  it('queues while it is offline, and sends once it is online', async () => {
    const { t, ran } = await start();
    t.offline();
    const operations = t.client.notes.createEach([note('1'), note('2'), note('3')]);
    const reqIds = await Promise.all(operations.map(({ saved }) => saved));
    expect(reqIds.map((reqId) => reqId.split('.')[1])).toEqual(['1', '2', '3']);
    expect(ran).toEqual([]);
    expect(await t.client.outbox.list()).toHaveLength(3);
    t.online();
    await Promise.all(operations.map(({ result }) => result));
    expect(ran).toEqual(reqIds);
    expect(await t.client.outbox.list()).toEqual([]);
  });

  it('pushes to other users, and tells the same user elsewhere', async () => {
    const { t } = await start();
    const heard = (client: typeof t.client) => new Promise<CrudpEvent>((resolve) => client.notes.on('create', resolve));
    const luis = heard(t.as({ id: 'luis' }));
    const laptop = heard(t.as({ id: 'ana' }));
    await t.client.notes.create(note('0')).result;
    await expect(laptop).resolves.toMatchObject({ kind: 'remote', result: [note('0')] });
    await t.client.notes.create(note('luis', 'push')).result;
    await expect(luis).resolves.toMatchObject({ kind: 'push', result: [note('pushed')] });
  });

  it('judges access by who asks', async () => {
    const { t } = await start();
    const guest = t.as({ id: 'eva', roles: [] });
    await expect(guest.notes.create(note('1')).result).rejects.toMatchObject({ code: 'denied' });
  });

  it('takes a clock', async () => {
    const clock = new ManualClock();
    const { t } = await start({ clock });
    t.client.setOnline(false);
    const late = t.client.notes.create(note('1'), { expiresInMs: 60_000 });
    await late.saved;
    clock.advance(60_000);
    await expect(late.result).rejects.toMatchObject({ code: 'expired' });
  });
});
