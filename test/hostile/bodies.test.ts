import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../src/lib/server/http/body.ts';
import type { RequestRefused } from '../../src/lib/server/refused.ts';
import { JumpingClock } from '../client/jumping-clock.ts';
import { sealed } from '../codec/sealed.ts';
import { note, route } from '../server/app.ts';
import { creates, serve } from '../server/harness.ts';
import { ManualClock } from '../server/manual-clock.ts';
import { postHeaders, RawSocket } from './raw-socket.ts';

const KB = 1000;

describe('A body that comes slowly', () => {
  it('is given up when its time is over, with 408', async () => {
    const clock = new ManualClock();
    const server = await serve({ clock, slowBodyMs: 10_000 });
    const socket = new RawSocket(server.url);
    socket.head('POST /api/sync', { ...postHeaders, 'Content-Length': String(100 * KB) });
    await clock.armed(10_000);
    clock.advance(9_999);
    clock.advance(1);
    const answer = await socket.end();
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer).toContain('"code":"too_slow"');
  });

  it('has more time the more of it has come', async () => {
    const clock = new ManualClock();
    const body = Object.assign(new PassThrough(), { headers: {}, httpVersionMajor: 1 });
    const sides = { request: body, response: { setHeader: () => undefined } } as unknown as Parameters<
      typeof readBody
    >[0];
    const reading = readBody(sides, { clock, maxBatchBytes: 20 * KB, slowBodyMs: 10_000 });
    const outcome = reading.then(
      ({ length }) => length,
      (error: RequestRefused) => error.code,
    );
    body.write(Buffer.alloc(4 * KB));
    await turns();
    clock.advance(10_000);
    // Two seconds more for four kilobytes; then one more for the next two.
    await clock.armed(2_000);
    body.write(Buffer.alloc(2 * KB));
    await turns();
    clock.advance(2_000);
    await clock.armed(1_000);
    clock.advance(1_000);
    expect(await outcome).toBe('too_slow');
  });

  it.each([-3_600_000, 3_600_000])('has the time it has, also where the clock jumps by %d', async (jumpMs) => {
    const clock = new JumpingClock();
    const body = Object.assign(new PassThrough(), { headers: {}, httpVersionMajor: 1 });
    const sides = { request: body, response: { setHeader: () => undefined } } as unknown as Parameters<
      typeof readBody
    >[0];
    let outcome: unknown;
    void readBody(sides, { clock, maxBatchBytes: 20 * KB, slowBodyMs: 10_000 }).catch(({ code }: RequestRefused) => {
      outcome = code;
    });
    body.write(Buffer.alloc(4 * KB));
    await turns();
    clock.jump(jumpMs);
    clock.advance(11_999);
    await turns();
    expect(outcome).toBeUndefined();
    clock.advance(1);
    await turns();
    expect(outcome).toBe('too_slow');
  });
});

/** Until what was written has come through. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('A frame that claims more than it holds', () => {
  const claims: readonly (readonly [what: string, body: string])[] = [
    ['packets', 'c511 00 0000000000000001 01 00 ffffffffffffff0f'],
    ['records', 'c511 00 0000000000000001 01 00 01 00 08 ffffffffffffff1f'],
    ['bytes of a group', 'c511 00 0000000000000001 01 00 01 00 08 02 01 04 ffffffffffffff0f 00'],
  ];

  it.each(claims)('%s is refused with 400, code and offset, and the next one is taken', async (_what, body) => {
    const server = await serve();
    const ana = server.sender();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 20; i++) {
      const { status, json } = await ana.postFrame(sealed(body) as Uint8Array<ArrayBuffer>);
      expect(status).toBe(400);
      expect(json).toEqual({
        code: expect.stringMatching(/^[a-z_]+$/),
        message: expect.any(String),
        offset: expect.any(Number),
      });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    expect((await ana.post([creates(1, note('a'))])).status).toBe(202);
  });
});

describe('A body without end', () => {
  it('is cut at twice the limit, whatever is sent after it', async () => {
    const server = await serve({ maxBatchBytes: 10 * KB });
    const socket = new RawSocket(server.url);
    socket.head('POST /api/sync', { ...postHeaders, 'Transfer-Encoding': 'chunked' });
    const chunk = `${(KB).toString(16)}\r\n${'x'.repeat(KB)}\r\n`;
    for (let i = 0; i < 60; i++) socket.send(chunk);
    expect(await socket.end()).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"too_large"/);
  });
});

describe('maxQueuedPackets', () => {
  it('says how many wait, and lets acknowledgements and other users pass', async () => {
    const server = await serve({ maxQueuedPackets: 5, waitsFor: () => true });
    const phone = server.sender('ana', '00000000000000a2');
    expect((await phone.post([creates(1, note('a')), creates(2, note('b'))])).status).toBe(202);
    const answer = await server.sender().post([1, 2, 3, 4].map((seq) => creates(seq, note(`n${seq}`))));
    expect(answer.status).toBe(429);
    expect(answer.json).toMatchObject({ code: 'queue_full', waiting: 2 });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await server.sender().post([], { first: 1 })).status).toBe(202);
    expect((await server.sender('luis').post([creates(1, note('l'))])).status).toBe(202);
  });
});

describe('route names', () => {
  it('are numbers, and nothing is looked up on a prototype', async () => {
    const server = await serve();
    const { results } = await server
      .sender()
      .post([{ seq: 1, route: route.echo, records: ['__proto__'] }], { headers: { Prefer: 'wait=20' } });
    expect(results[0]).toMatchObject({ status: 0, records: ['__proto__'] });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
