import { describe, expect, it } from 'vitest';
import { type Answer, answer, foreign, noNetwork, refusal } from './fake-server.ts';
import { bench, connected, note, outcomes, settle } from './harness.ts';

/** A client that has posted once and got this answer. */
async function answered(first: Answer) {
  const b = await connected();
  b.server.script.push(first);
  const operation = b.client.notes.create(note('1'));
  await b.server.post(0);
  await settle();
  return { ...b, operation };
}

describe('An answer', () => {
  it.each<[string, Answer, string]>([
    ['no answer', noNetwork, 'unreachable'],
    ["a captive portal's 200", foreign(200, '<html>'), 'unreachable'],
    ["a proxy's 202", foreign(202, { epoch: 'e000000000000001', accepted: 1 }), 'unreachable'],
    ["a proxy's 400", foreign(400), 'unreachable'],
    ["a gateway's 401", foreign(401), 'unreachable'],
    ["a gateway's 409", foreign(409, { code: 'moved', epoch: 'e0', accepted: 0, tag: '0' }), 'unreachable'],
    ["a proxy's 413 of a single packet", foreign(413), 'too_large'],
    ["a balancer's 503", foreign(503), 'unreachable'],
    ['403 foreign_origin', refusal(403, 'foreign_origin'), 'foreign_origin'],
    ['405', refusal(405, 'method_not_allowed'), 'method_not_allowed'],
    ['415', refusal(415, 'unsupported_media'), 'unsupported_media'],
    ['500', refusal(500, 'internal'), 'internal'],
    ['507', refusal(507, 'storage_full'), 'storage_full'],
    ['202 without JSON', () => answer(202, undefined), 'bad_answer'],
    ['202 of no epoch', () => answer(202, { epoch: 7, accepted: 1 }), 'bad_answer'],
    [
      '202 that accepts less than it was sent',
      () => answer(202, { epoch: 'e000000000000001', accepted: 0 }),
      'bad_answer',
    ],
    ['409 moved to nonsense', () => answer(409, { code: 'moved', epoch: 'x', accepted: 3, tag: 1 }), 'bad_answer'],
    ['418', () => answer(418, null), 'http_418'],
  ])('of %s changes nothing, and is tried again', async (_, first, reason) => {
    const { client, server, clock, operation } = await answered(first);
    expect(client.status.getSnapshot()).toMatchObject({ reason });
    expect(await client.outbox.list()).toMatchObject([{ state: 'sent' }]);
    expect(server.posts).toHaveLength(1);
    clock.advance(1000);
    const again = await server.post(1);
    expect(again).toMatchObject({ seqs: [1], after: { seq: 0 }, tag: server.posts[0]?.tag });
    await operation.accepted;
    await settle();
    expect(client.status.getSnapshot()).toMatchObject({ state: 'idle', reason: undefined });
  });

  it('of 202 accepts all that was sent', async () => {
    const { client, operation } = await answered((post) => ({
      ...answer(202, { epoch: 'e000000000000001', accepted: post.seqs.at(-1) }),
    }));
    await operation.accepted;
    expect(await client.outbox.list()).toMatchObject([{ state: 'accepted' }]);
  });

  it('of 202 counts although the results in it are broken', async () => {
    const { errors, operation } = await answered(() =>
      answer(202, { epoch: 'e000000000000001', accepted: 1, results: btoa('no frame at all') }),
    );
    await operation.accepted;
    expect(errors).toMatchObject([{ code: 'bad_magic' }]);
  });

  it('of 401 holds the queue until somebody signs in', async () => {
    const { client, server, clock, operation } = await answered(refusal(401, 'unauthenticated'));
    expect(client.status.getSnapshot()).toMatchObject({ state: 'needs-auth' });
    clock.advance(3_600_000);
    client.retry();
    client.notes.create(note('2'));
    await settle();
    expect(server.posts).toHaveLength(1);
    client.authenticated();
    expect((await server.post(1)).seqs).toEqual([1, 2]);
    await operation.accepted;
  });

  it('of 403 wrong_user holds the queue', async () => {
    const { client, server, clock } = await answered(refusal(403, 'wrong_user'));
    expect(client.status.getSnapshot()).toMatchObject({ state: 'held', reason: 'wrong_user' });
    clock.advance(3_600_000);
    await settle();
    expect(server.posts).toHaveLength(1);
    expect(await client.outbox.list()).toHaveLength(1);
  });

  it('of 409 contract_older holds the queue, and it tries later', async () => {
    const { client, server, clock, operation } = await answered(refusal(409, 'contract_older'));
    expect(client.status.getSnapshot()).toMatchObject({ state: 'held', reason: 'contract_older' });
    clock.advance(60_000);
    await server.post(1);
    await operation.accepted;
  });

  it.each([429, 503])('of %i is heeded as long as Retry-After says', async (status) => {
    const { server, clock, operation } = await answered(refusal(status, 'busy', { retryAfterMs: 120_000 }));
    clock.advance(119_999);
    await settle();
    expect(server.posts).toHaveLength(1);
    clock.advance(1);
    await server.post(1);
    await operation.accepted;
  });

  it('that fails again and again is tried less and less often, within a minute at most', async () => {
    const random = (count: number): Uint8Array => new Uint8Array(count).fill(255);
    const { client, server, clock } = await connected({ random });
    server.script.push(...Array.from({ length: 9 }, () => noNetwork));
    client.notes.create(note('1'));
    const waits: number[] = [];
    for (let index = 0; index < 8; index++) {
      await server.post(index);
      await settle();
      const before = clock.now();
      while (server.posts.length === index + 1) {
        server.current.alive();
        clock.advance(500);
        await settle();
      }
      waits.push(clock.now() - before);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  }, 20_000);

  it('that never comes is given up', async () => {
    const { client, server, clock } = await connected();
    server.script.push(() => new Promise(() => {}));
    let isAborted = false;
    const { sync } = server;
    server.sync = (request, signal) => {
      signal.addEventListener('abort', () => {
        isAborted = true;
      });
      return Promise.race([
        sync.call(server, request, signal),
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('timeout')))),
      ]);
    };
    const operation = client.notes.create(note('1'));
    await server.post(0);
    clock.advance(31_000);
    await settle();
    expect(isAborted).toBe(true);
    clock.advance(1000);
    await server.post(1);
    await operation.accepted;
  });
});

describe('A frame that is refused', () => {
  it('is halved down to the packet at fault, which fails here; the rest is accepted', async () => {
    const { client, server } = bench({ online: false });
    const operations = client.notes.createEach(Array.from({ length: 10 }, (_, i) => note(String(i + 1))));
    await operations[9]?.saved;
    const judge: Answer = (post) =>
      post.seqs.includes(7) ? answer(400, { code: 'out_of_range', message: 'at offset 9' }) : server.accept(post);
    server.script.push(...Array.from({ length: 20 }, () => judge));
    client.setOnline(true);
    await expect(operations[6]?.result).rejects.toMatchObject({ code: 'invalid', message: /offset 9/ });
    await Promise.all(operations.filter((_, i) => i !== 6).map(({ accepted }) => accepted));
    expect(server.posts.length).toBeLessThan(12);
    expect(server.posts.at(-1)?.seqs.at(-1)).toBe(10);
    expect((await client.outbox.list()).map(({ state }) => state)).toEqual(Array(9).fill('accepted'));
  });

  it('never has an atomic group split: it fails as a whole', async () => {
    const { client, server } = bench({ online: false });
    const before = client.notes.create(note('1'));
    const group = client.atomic((calls) => calls.notes.createEach([note('2'), note('3'), note('4')]));
    const behind = client.notes.create(note('5'));
    await behind.saved;
    server.script.push(
      ...Array.from(
        { length: 9 },
        (): Answer => (post) =>
          post.seqs.includes(3) ? answer(400, { code: 'limit', message: 'no' }) : server.accept(post),
      ),
    );
    client.setOnline(true);
    expect(await outcomes(group)).toEqual(['invalid', 'invalid', 'invalid']);
    await Promise.all([before.accepted, behind.accepted]);
    for (const { seqs } of server.posts) expect([0, 3]).toContain(seqs.filter((seq) => seq > 1 && seq < 5).length);
  });

  it('as too large is made smaller; a packet that is too large alone fails', async () => {
    const { client, server } = bench({ online: false });
    const operations = client.notes.createEach([note('1'), note('2'), note('3', 'x'.repeat(5000)), note('4')]);
    await operations[3]?.saved;
    const judge: Answer = (post) =>
      post.frame.length > 1000 ? answer(413, { code: 'too_large', message: '' }) : server.accept(post);
    server.script.push(...Array.from({ length: 9 }, () => judge));
    client.setOnline(true);
    await expect(operations[2]?.result).rejects.toMatchObject({ code: 'too_large' });
    await Promise.all([operations[0]?.accepted, operations[1]?.accepted, operations[3]?.accepted]);
  });

  it("by a proxy's limit is made smaller, and no packet fails for it", async () => {
    const { client, server, clock } = bench({ online: false });
    const operations = client.notes.createEach([note('1'), note('2', 'x'.repeat(5000)), note('3')]);
    await operations[2]?.saved;
    const proxy: Answer = (post) => (post.frame.length > 1000 ? foreign(413)(post) : server.accept(post));
    server.script.push(...Array.from({ length: 4 }, () => proxy));
    client.setOnline(true);
    await operations[0]?.accepted;
    await settle();
    expect(client.status.getSnapshot()).toMatchObject({ state: 'offline', reason: 'too_large' });
    while (server.script.length > 0) {
      clock.advance(60_000);
      await settle();
    }
    clock.advance(60_000);
    await Promise.all([operations[1]?.accepted, operations[2]?.accepted]);
  });
});
