import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, demoApp, newId } from './demo-app.ts';

describe('Documents', () => {
  let t: Awaited<ReturnType<typeof demoApp>>;
  beforeEach(async () => {
    t = await demoApp();
  });
  afterEach(() => t.close());

  const scan = () => new File(['hello'], 'scan.pdf', { type: 'application/pdf' });

  it('are kept by their hash, with the facts of their file', async () => {
    const id = newId();
    const [document] = await t.client.documents.create({ id, title: 'Contract', scan: scan() }).result;
    const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    expect(document).toEqual({
      id,
      title: 'Contract',
      name: 'scan.pdf',
      type: 'application/pdf',
      size: 5,
      sha256,
      revision: 1,
    });
    expect(await t.assistant.documents.read({ text: 'contr' }).result).toEqual([document]);
  });

  it('are answered as they are when their packet comes twice', async () => {
    const record = { id: newId(), title: 'Contract', scan: scan() };
    const first = await t.client.documents.create(record).result;
    expect(await t.client.documents.create({ ...record, title: 'Other' }).result).toEqual(first);
  });

  it('need a title, and a bookkeeper to be deleted', async () => {
    const id = newId();
    expect(await codeOf(t.client.documents.create({ id, title: ' ', scan: scan() }))).toBe('invalid');
    await t.client.documents.create({ id, title: 'Contract', scan: scan() }).result;
    expect(await codeOf(t.assistant.documents.delete(id))).toBe('denied');
    expect(await t.client.documents.delete(id).result).toEqual([id]);
    expect(await t.client.documents.read({}).result).toEqual([]);
  });
});
