import type { CrudpError } from 'crudp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, demoApp, listening, newClient } from './demo-app.ts';

describe('clients', () => {
  let t: Awaited<ReturnType<typeof demoApp>>;

  beforeEach(async () => {
    t = await demoApp();
  });

  afterEach(() => t.close());

  const names = () => t.reader.all<{ name: string }>('SELECT name FROM clients ORDER BY name').map(({ name }) => name);

  it('stores what was made offline, once the network is back', async () => {
    t.offline();
    const operation = t.client.clients.create([newClient('Eva', { phone: '1' }), newClient('Ben')]);
    await operation.saved;
    expect(names()).toEqual([]);
    t.online();
    expect((await operation.result).map(({ name, phone, revision }) => ({ name, phone, revision }))).toEqual([
      { name: 'Eva', phone: '1', revision: 1 },
      { name: 'Ben', phone: undefined, revision: 1 },
    ]);
    expect(names()).toEqual(['Ben', 'Eva']);
  });

  it('reads all, or those whose name or address has a text in it', async () => {
    await t.client.clients.create([newClient('Eva'), newClient('Ben')]).result;
    expect((await t.client.clients.read({}).result).map(({ name }) => name)).toEqual(['Ben', 'Eva']);
    expect((await t.client.clients.read({ text: 'ev' }).result).map(({ name }) => name)).toEqual(['Eva']);
  });

  it('refuses an address that another client has, however it is written, and all of the packet with it', async () => {
    await t.client.clients.create(newClient('Eva')).result;
    const operation = t.client.clients.create([newClient('Ben'), newClient('Eva II', { email: 'EVA@example.org' })]);
    const error = await operation.result.catch((reason: CrudpError) => reason);
    expect(error).toMatchObject({ code: 'email_taken', issues: [{ path: [1, 'email'] }] });
    expect(names()).toEqual(['Eva']);
  });

  it('refuses the same address twice in one packet', async () => {
    const twins = [newClient('Eva'), newClient('Eva')];
    expect(await codeOf(t.client.clients.create(twins))).toBe('email_taken');
  });

  it('refuses a blank name', async () => {
    const error = await t.client.clients.create(newClient(' ')).result.catch((reason: CrudpError) => reason);
    expect(error).toMatchObject({
      code: 'invalid',
      issues: [{ path: [0, 'name'], message: 'A client needs a name.' }],
    });
  });

  it('answers a create that has run before with what is there', async () => {
    const eva = newClient('Eva');
    await t.client.clients.create(eva).result;
    expect(await t.client.clients.create(eva).result).toEqual([{ ...eva, revision: 1 }]);
    expect(names()).toEqual(['Eva']);
  });

  it('changes a client only on the revision that the change was made on', async () => {
    const [eva] = await t.client.clients.create(newClient('Eva')).result;
    if (!eva) throw new Error('no answer');
    const [mine, theirs] = [
      { ...eva, name: 'Eva M.' },
      { ...eva, name: 'Eva T.' },
    ];
    expect(await t.client.clients.update(mine).result).toEqual([{ ...mine, revision: 2 }]);
    expect(await codeOf(t.assistant.clients.update(theirs))).toBe('conflict');
    expect(names()).toEqual(['Eva M.']);
  });

  it('says so where the client to be changed is gone', async () => {
    expect(await codeOf(t.client.clients.update({ ...newClient('Eva'), revision: 1 }))).toBe('not_found');
  });

  it('deletes for a bookkeeper only', async () => {
    const eva = newClient('Eva');
    await t.client.clients.create(eva).result;
    expect(await codeOf(t.assistant.clients.delete(eva.id))).toBe('denied');
    expect(names()).toEqual(['Eva']);
    expect(await t.client.clients.delete(eva.id).result).toEqual([eva.id]);
    expect(names()).toEqual([]);
    // Twice is no harm: it is gone, as wished.
    expect(await codeOf(t.client.clients.delete(eva.id))).toBe('ok');
  });

  it('does not delete a client with invoices', async () => {
    const eva = newClient('Eva');
    await t.client.clients.create(eva).result;
    await t.client.invoices.create({ id: '1', client: eva.id, status: 'draft', lines: [] }).result;
    expect(await codeOf(t.client.clients.delete(eva.id))).toBe('client_has_invoices');
    expect(names()).toEqual(['Eva']);
  });

  it('tells everybody', async () => {
    const heard = new Promise((resolve) => {
      t.assistant.clients.on('create', (event) => event.kind === 'push' && resolve(event.result));
    });
    await listening(t.assistant);
    const eva = newClient('Eva');
    await t.client.clients.create(eva).result;
    expect(await heard).toEqual([{ ...eva, revision: 1 }]);
  });
});
