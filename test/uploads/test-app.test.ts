import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { implement } from '../../src/lib/server/implement.ts';
import { testApp } from '../../src/lib/testing/test-app.ts';
import { uploads } from '../../src/lib/uploads/uploads.ts';
import { library, sha256Of, temporaryFolder } from './harness.ts';

const photos = implement(library, {
  photos: { access: { create: 'authenticated' }, create: (_, files) => files.map(({ sha256 }) => sha256) },
});

it('A test app takes uploads where it is given a place for them', async () => {
  const server = { uploads: uploads({ directory: await temporaryFolder() }) };
  const t = await testApp(library, { modules: [photos], user: { id: 'ana' }, server });
  onTestFinished(() => t.close());
  const content = randomBytes(5_000_000);
  t.offline();
  const operation = t.client.photos.create(new Blob([new Uint8Array(content)]));
  await operation.saved;
  t.online();
  expect(await operation.result).toEqual([sha256Of(content)]);
});

it('A test app without such a place says so', async () => {
  const t = await testApp(library, { modules: [photos], user: { id: 'ana' } });
  onTestFinished(() => t.close());
  const small = randomBytes(50);
  expect(await t.client.photos.create(new Blob([new Uint8Array(small)])).result).toEqual([sha256Of(small)]);
  const refused = t.client.photos.create(new Blob([new Uint8Array(100_000)])).result;
  await expect(refused).rejects.toMatchObject({
    code: 'invalid',
    issues: [{ path: [0, 'upload'], message: 'this server takes no uploads' }],
  });
});
