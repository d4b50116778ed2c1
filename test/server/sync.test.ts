import { describe, expect, it } from 'vitest';
import { CrudpError } from '../../src/lib/errors.ts';
import { implement } from '../../src/lib/server/implement.ts';
import type { Journal } from '../../src/lib/server/journal.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { app, note, route } from './app.ts';
import { creating, wait } from './creating.ts';
import { creates, serve } from './harness.ts';
import { journalWith } from './journal-with.ts';
import { ManualClock } from './manual-clock.ts';

/** A module whose handler never ends for the packet of this number. */
function hangingAt(seq: number) {
  return implement(app, {
    notes: {
      access: { create: 'public' },
      async create(ctx) {
        if (ctx.reqId.endsWith(`.${seq}`)) await new Promise(() => {});
        return [];
      },
    },
  });
}

describe('POST /sync', () => {
  it('answers 202 with epoch and the highest accepted number, before a packet has run', async () => {
    const { sender, log, logged } = await serve();
    const answer = await sender().post(Array.from({ length: 10 }, (_, index) => creates(index + 1, note(`n${index}`))));
    expect(answer.status).toBe(202);
    expect(answer.headers.get('crudp')).toBe('1');
    expect(answer.json).toEqual({ epoch: expect.stringMatching(/^[0-9a-f]{16}$/), accepted: 10 });
    await logged('handler_finished', ({ reqId }) => reqId.endsWith('.10'));
    const events = log.map(({ event }) => event);
    expect(events.indexOf('answered')).toBeLessThan(events.indexOf('handler_started'));
    expect(log).toContainEqual(expect.objectContaining({ event: 'answered', status: 202, packets: 10, appended: 10 }));
  });

  it('carries the results that come within Prefer: wait, in one frame', async () => {
    const { sender } = await serve();
    const answer = await sender().post([creates(1, note('a')), creates(2, note('b', 'taken')), creates(3)], {
      headers: { Prefer: 'respond-async, wait=20' },
    });
    expect(answer.results).toEqual([
      { seq: 1, route: route.create, status: 0, message: '', records: [note('a')] },
      {
        seq: 2,
        route: route.create,
        status: 300,
        message: '{"issues":[{"path":[0,"id"],"message":"have it"}]}',
        records: [],
      },
      { seq: 3, route: route.create, status: 0, message: '', records: [] },
    ]);
  });

  it('carries what was committed while it waited without reading it back', async () => {
    const asked: (readonly number[])[] = [];
    const memory = memoryJournal();
    const journal = journalWith(memory, {
      results: (key, seqs, maxBytes) => {
        asked.push(seqs);
        return memory.results(key, seqs, maxBytes);
      },
    });
    const ana = (await serve({ journal })).sender();
    const seqs = Array.from({ length: 20 }, (_, index) => index + 1);
    const packets = seqs.map((seq) => creates(seq, note(`n${seq}`)));
    const answer = await ana.post(packets, { headers: { Prefer: 'wait=20' } });
    expect(answer.results?.map(({ seq }) => seq)).toEqual(seqs);
    // Whether the last one has come before it began to listen.
    expect(asked).toEqual([[20]]);
    // Some of these were committed before: they are read.
    const more = [...packets, creates(21)];
    const again = await ana.post(more, { headers: { Prefer: 'wait=20' } });
    expect(again.results?.map(({ seq }) => seq)).toEqual([...seqs, 21]);
  });

  it('carries what was committed, whatever the handler does with its answer later', async () => {
    const only = note('a', 'first');
    const { sender } = await serve({
      modules: [
        creating(({ reqId }) => {
          if (reqId.endsWith('.2')) only.text = 'second';
          return reqId.endsWith('.3') ? [] : [only];
        }),
      ],
    });
    const { results } = await sender().post([creates(1), creates(2), creates(3)], wait);
    expect(results.map(({ records }) => records)).toEqual([[note('a', 'first')], [note('a', 'second')], []]);
  });

  it('carries what is ready when the wait is over, and the stream brings the rest', async () => {
    const clock = new ManualClock();
    const server = await serve({ clock, modules: [hangingAt(2)], graceMs: 0 });
    const ana = server.sender();
    const waiting = ana.post([creates(1), creates(2), creates(3)], { headers: { Prefer: 'wait=3' } });
    await server.logged('handler_started', ({ reqId }) => reqId.endsWith('.2'));
    await clock.armed(3000);
    clock.advance(3000);
    const answer = await waiting;
    expect([answer.status, answer.json.accepted]).toEqual([202, 3]);
    expect(answer.results.map(({ seq }) => seq)).toEqual([1]);
  });

  it('never waits longer than the server allows, nor when it closes', async () => {
    const clock = new ManualClock();
    const server = await serve({ clock, modules: [hangingAt(1)], maxWaitMs: 2000, graceMs: 0 });
    const first = server.sender().post([creates(1)], { headers: { Prefer: 'wait=9999' } });
    await clock.armed(2000);
    clock.advance(2000);
    expect((await first).status).toBe(202);
    const second = server.sender('luis').post([creates(1)], { headers: { Prefer: 'wait=9999' } });
    await clock.armed(2000);
    const closed = server.server.close();
    expect([(await second).status, (await second).results]).toEqual([202, []]);
    clock.advance(0);
    await closed;
  });

  it('gives packets that are not new their results, as far as there are any', async () => {
    const { sender, logged, ran } = await serve();
    const ana = sender();
    await ana.post([creates(1, note('a')), creates(2, note('b'))]);
    await logged('handler_finished', ({ reqId }) => reqId.endsWith('.2'));
    const again = await ana.post([creates(1, note('a')), creates(2, note('b')), creates(3, note('c'))]);
    expect(again.json.accepted).toBe(3);
    expect(again.results.map(({ seq, status }) => [seq, status])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    await logged('handler_finished', ({ reqId }) => reqId.endsWith('.3'));
    expect(ran.map((reqId) => reqId.split('.')[1])).toEqual(['1', '2', '3']);
  });

  it('calls packets forgotten whose results were acknowledged', async () => {
    const { sender } = await serve();
    const ana = sender();
    await ana.post([creates(1, note('a')), creates(2, note('b'))], { headers: { Prefer: 'wait=20' } });
    expect((await ana.post([], { first: 3, oldest: 2 })).status).toBe(202);
    const again = await ana.post([creates(1, note('a')), creates(2, note('b'))]);
    expect(again.results.map(({ seq, route: at, status }) => [seq, at, status])).toEqual([
      [1, route.create, 15],
      [2, route.create, 0],
    ]);
  });

  it('does not wait for what it has forgotten', async () => {
    const { sender } = await serve();
    const ana = sender();
    await ana.post([creates(1, note('a'))], { headers: { Prefer: 'wait=20' } });
    await ana.post([], { first: 2, oldest: 2 });
    const again = await ana.post([creates(1, note('a'))], { headers: { Prefer: 'wait=20' } });
    expect(again.results).toMatchObject([{ seq: 1, status: 15 }]);
  });

  it('refuses a malformed frame with code and offset, and runs none of its packets', async () => {
    const { sender, ran, log } = await serve();
    const ana = sender();
    const frame = ana.frame([creates(1, note('a')), creates(2, note('b'))]);
    for (const [at, code, offset] of [
      [0, 'bad_magic', 0],
      [frame.length - 1, 'bad_checksum', frame.length - 4],
    ] as const) {
      const broken = frame.slice();
      broken[at] = (broken[at] ?? 0) ^ 1;
      const answer = await ana.postFrame(broken, { 'CRUDP-Tag': 'ab'.repeat(8) });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('crudp')).toBe('1');
      expect(answer.json).toMatchObject({ code, offset });
    }
    expect((await ana.postFrame(frame.slice(0, 7))).json).toMatchObject({ code: 'truncated', offset: 0 });
    expect((await ana.post([creates(1, note('a'))])).json).toMatchObject({ accepted: 1 });
    expect(ran.filter((reqId) => reqId.endsWith('.2'))).toEqual([]);
    expect(log.filter(({ event }) => event === 'failed')).toEqual([]);
  });

  it('refuses who is not signed in, and another user than the outbox is bound to', async () => {
    const { sender, url } = await serve();
    const unknown = await fetch(`${url}/sync`, { method: 'POST', body: 'x' });
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get('crudp')).toBe('1');
    expect(await unknown.json()).toEqual({ code: 'unauthenticated', message: expect.any(String) });
    const wrong = await sender().post([creates(1, note('a'))], { headers: { 'x-user': 'luis' } });
    expect(wrong.status).toBe(403);
    expect(wrong.json).toEqual({ code: 'wrong_user', message: expect.not.stringContaining('ana') });
    const unbound = await sender().post([creates(1, note('a'))], { headers: { 'CRUDP-User': '%E0%A4%A' } });
    expect(unbound.json.code).toBe('wrong_user');
  });

  it('takes users of any script', async () => {
    const { sender } = await serve({ authenticate: () => ({ user: 'Łukasz 日本', roles: ['writer'] }) });
    const answer = await sender('Łukasz 日本').post([creates(1, note('a'))], {
      headers: { 'x-user': '', Prefer: 'wait=20' },
    });
    expect(answer.results).toMatchObject([{ seq: 1, status: 0 }]);
  });

  it('refuses a contract newer than its own, and takes an older one', async () => {
    const { sender } = await serve();
    const ana = sender();
    const newer = await ana.post([creates(1, note('a'))], { headers: { 'CRUDP-Contract': '4' } });
    expect(newer.status).toBe(409);
    expect(newer.json).toMatchObject({ code: 'contract_older', contract: 3 });
    expect((await ana.post([creates(1, note('a'))], { headers: { 'CRUDP-Contract': '1' } })).status).toBe(202);
  });

  it.each([
    ['CRUDP-Contract', ''],
    ['CRUDP-Contract', '0'],
    ['CRUDP-Contract', '1e3'],
    ['CRUDP-After', ''],
    ['CRUDP-After', '0.0'],
    ['CRUDP-After', '0.1.0'],
    ['CRUDP-After', `${'a'.repeat(16)}.9007199254740993.${'b'.repeat(16)}`],
    ['CRUDP-Tag', ''],
    ['CRUDP-Tag', 'A'.repeat(16)],
  ])('answers 422, never 400, to a header at fault: %s %j', async (name, value) => {
    const { sender } = await serve();
    const answer = await sender().post([creates(1, note('a'))], { headers: { [name]: value } });
    expect([answer.status, answer.json.code]).toEqual([422, 'bad_header']);
  });

  it('refuses other media types and codings', async () => {
    const { sender } = await serve();
    const ana = sender();
    for (const headers of [
      { 'Content-Type': 'application/json' },
      { 'Content-Type': 'application/crudp2' },
      { 'Content-Encoding': 'gzip' },
    ]) {
      const answer = await ana.post([creates(1, note('a'))], { headers });
      expect([answer.status, answer.json.code]).toEqual([415, 'unsupported_media']);
    }
    const plain = { 'Content-Type': 'Application/CRUDP; q=1', 'Content-Encoding': 'identity' };
    expect((await ana.post([creates(1, note('a'))], { headers: plain })).status).toBe(202);
  });

  it('refuses other methods and paths', async () => {
    const { url } = await serve();
    const wrong = await fetch(`${url}/sync`, { method: 'DELETE', headers: { 'x-user': 'ana' } });
    expect([wrong.status, wrong.headers.get('allow'), wrong.headers.get('crudp')]).toEqual([405, 'OPTIONS, POST', '1']);
    for (const path of ['', '/', '/syncs', '/sync/', '/constructor', '/__proto__']) {
      const answer = await fetch(`${url}${path}`, { headers: { 'x-user': 'ana' } });
      expect([path, answer.status, answer.headers.get('crudp')]).toEqual([path, 404, '1']);
    }
  });

  it('reads a body that is a little too large to its end, and gives one up that is far too large', async () => {
    const { sender, url } = await serve({ maxBatchBytes: 1000 });
    const ana = sender();
    const little = await ana.postFrame(new Uint8Array(1001));
    expect([little.status, little.json]).toEqual([413, expect.objectContaining({ code: 'too_large', maxBytes: 1000 })]);
    const announced = await ana.postFrame(new Uint8Array(5000));
    expect([announced.status, announced.headers.get('connection')]).toEqual([413, 'close']);
    // Without a Content-Length: counted while it is read.
    const headers = {
      'Content-Type': 'application/crudp',
      'x-user': 'ana',
      'CRUDP-User': 'ana',
      'CRUDP-Contract': '1',
    };
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(500)),
    });
    const init = { method: 'POST', headers: { ...headers, 'CRUDP-After': '0.0.0' }, body, duplex: 'half' };
    const streamed = await fetch(`${url}/sync`, init as RequestInit);
    expect([streamed.status, streamed.headers.get('connection')]).toEqual([413, 'close']);
    expect((await ana.post([creates(1, note('a'))])).status).toBe(202);
  });

  it('answers 507 while the disk is full and 503 after the journal has failed', async () => {
    const trouble = { code: '' };
    const inner = memoryJournal();
    const journal: Journal = Object.assign(Object.create(inner) as Journal, {
      open: () => inner.open(),
      close: () => inner.close(),
      claim: () => inner.claim(),
      trim: async () => {},
      subscribe: () => () => {},
      accept: async () => {
        throw new CrudpError(trouble.code, 'secret path', { retryable: trouble.code === 'storage_full' });
      },
    });
    const { sender } = await serve({ journal });
    trouble.code = 'storage_full';
    const full = await sender().post([creates(1, note('a'))]);
    expect([full.status, full.json]).toEqual([507, { code: 'storage_full', message: 'the disk is full' }]);
    trouble.code = 'storage_failed';
    const failed = await sender().post([creates(1, note('a'))]);
    expect([failed.status, failed.json.code, failed.headers.get('retry-after')]).toEqual([503, 'storage_failed', '10']);
    trouble.code = 'surprise';
    const surprise = await sender().post([creates(1, note('a'))]);
    expect([surprise.status, surprise.json]).toEqual([
      500,
      { code: 'internal', message: expect.not.stringMatching(/secret/) },
    ]);
  });

  it('answers 503 while it closes', async () => {
    const { sender, server } = await serve();
    await server.start();
    await server.close();
    const answer = await sender().post([creates(1, note('a'))]);
    expect([answer.status, answer.json.code, answer.headers.get('retry-after')]).toEqual([503, 'draining', '2']);
  });
});
