import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { Random } from '../generate/random.ts';
import { cuttable } from './cuttable.ts';
import { library, serveLibrary, sha256Of } from './harness.ts';

const uploads = Number(process.env.UPLOADS ?? 20);
const seed = Number(process.env.SEED ?? 1);
const bytes = 8_388_608;

describe('Uploads over a connection that is cut again and again', () => {
  it(`${uploads} of 8 MiB arrive as they are (SEED=${seed})`, async () => {
    const random = new Random(seed);
    const server = await serveLibrary();
    const way = await cuttable(server.url);
    const client = crudpClient(library, {
      url: `http://127.0.0.1:${way.port}/api`,
      user: 'ana',
      storage: memoryStorage(),
      headers: { 'x-user': 'ana' },
      onError: () => {},
    });
    onTestFinished(() => client.close());
    // Somebody demands each try: a cut costs no time, only bytes.
    const impatience = setInterval(() => client.retry(), 20);
    onTestFinished(() => clearInterval(impatience));
    for (let upload = 0; upload < uploads; upload++) {
      const content = randomBytes(bytes);
      const cuts = way.cuts;
      way.cutAfter(1 + random.below(bytes));
      const operation = client.photos.create(new Blob([new Uint8Array(content)]));
      const more = setInterval(() => {
        if (way.cuts > cuts && random.once(3)) way.cutAfter(1 + random.below(bytes));
      }, 5);
      expect(await operation.result.finally(() => clearInterval(more))).toEqual([sha256Of(content)]);
    }
    expect(way.cuts).toBeGreaterThanOrEqual(uploads / 2);
    expect(server.seen).toHaveLength(uploads);
    console.info(`${uploads} uploads, ${way.cuts} cuts`);
  }, 600_000);
});
