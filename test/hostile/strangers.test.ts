import { describe, expect, it } from 'vitest';
import { app, note } from '../server/app.ts';
import { codec, creates, fourResultsAndAPush, serve } from '../server/harness.ts';

const wait = { headers: { Prefer: 'wait=20' } };

/** An answer without what differs from one to the next by nature. */
async function bytesOf(response: Response): Promise<unknown> {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'));
  return { status: response.status, headers, body: await response.text() };
}

describe("What is another user's", () => {
  it('an outbox: looks like one that was never used', async () => {
    const server = await serve();
    const ana = server.sender('ana', '00000000000000a1');
    await ana.post([creates(1, note('secret'))], wait);
    const ask = (outbox: string) => {
      const luis = server.sender('luis', outbox);
      return luis.post([creates(1, note('x'))], { after: { epoch: ana.place.epoch, seq: 1, tag: ana.place.tag } });
    };
    const [hers, nobodys] = [await ask('00000000000000a1'), await ask('00000000000000b7')];
    expect([hers.status, hers.json]).toEqual([
      409,
      { code: 'moved', message: expect.any(String), epoch: '0', accepted: 0, tag: '0' },
    ]);
    expect(hers.json).toEqual(nobodys.json);
    // The same number is another outbox: his begins at the beginning, hers has not changed.
    expect((await server.sender('luis', '00000000000000a1').post([creates(1, note('his'))])).json.accepted).toBe(1);
    expect((await ana.post([creates(2, note('more'))])).json.accepted).toBe(2);
  });

  it('an outbox bound to another: is refused whatever its number', async () => {
    const server = await serve();
    await server.sender('ana', '00000000000000a1').post([creates(1, note('secret'))], wait);
    const answers = [];
    for (const outbox of ['00000000000000a1', '00000000000000b7']) {
      const stolen = server.sender('ana', outbox);
      answers.push(await stolen.post([creates(1, note('x'))], { headers: { 'x-user': 'luis' } }));
    }
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
      [403, 'wrong_user'],
      [403, 'wrong_user'],
    ]);
    expect(answers[0]?.json).toEqual(answers[1]?.json);
  });

  it('a cursor: brings nothing of hers', async () => {
    const server = await serve();
    await fourResultsAndAPush(server);
    const reader = await server.events('outbox=00000000000000a1&after=x');
    await reader.next();
    const hers = await reader.take(2);
    for (const { id } of hers) {
      const luis = await server.events('outbox=00000000000000a1', { 'x-user': 'luis', 'last-event-id': String(id) });
      expect(JSON.parse(String((await luis.next())?.data))).toMatchObject({ user: 'luis' });
      await server.server.push({ user: 'luis' }, 'notes.create', [note('his')]);
      const heard: string[] = [];
      while (heard.at(-1) !== 'his') {
        const event = await luis.next();
        expect(event?.event).toBe('push');
        const { packets } = codec.decodePush(app, Buffer.from(String(event?.data), 'base64'));
        heard.push(...packets.map(({ records }) => (records[0] as { id: string }).id));
      }
      // What was told to all is not hers.
      expect(heard.filter((text) => text !== 'to all' && text !== 'his')).toEqual([]);
    }
  });

  it('an X-User-ID header: says nothing', async () => {
    const server = await serve();
    const claims = { 'x-user-id': 'ana', 'x-forwarded-user': 'ana' };
    const answer = await server
      .sender('luis')
      .post([creates(1, note('x'))], { headers: { ...claims, 'CRUDP-User': 'ana' } });
    expect([answer.status, answer.json.code]).toEqual([403, 'wrong_user']);
    const anonymous = await fetch(`${server.url}/events?outbox=00000000000000a1`, { headers: claims });
    expect(anonymous.status).toBe(401);
  });

  it('a page: may not use the cookies of a user, by any route', async () => {
    const server = await serve();
    const foreign: readonly Record<string, string>[] = [
      { Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'null' },
    ];
    for (const headers of foreign) {
      const post = await server.sender().post([creates(1, note('x'))], { headers });
      expect([post.status, post.json.code], JSON.stringify(headers)).toEqual([403, 'foreign_origin']);
      const events = await fetch(`${server.url}/events?outbox=00000000000000a1`, {
        headers: { 'x-user': 'ana', ...headers },
      });
      expect(events.status).toBe(403);
      expect(events.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(server.ran).toEqual([]);
  });
});

describe('Line breaks', () => {
  it('never leave the event that they came in', async () => {
    const server = await serve();
    const user = 'ana\r\ndata: forged\n\nevent: push';
    const reader = await server.events('outbox=00000000000000a1', { 'x-user': 'ana' });
    await reader.next();
    await server.sender('ana').post([creates(1, note('a\r\n\r\nevent: bye\ndata: {}\n\n', 'refused\n'))], wait);
    expect((await reader.next())?.event).toBe('results');
    // No header can hold it: it can come only from the application, and stays one line of JSON.
    await server.server.push({ user: 'ana' }, 'notes.create', [note(user)]);
    const push = await reader.next();
    expect(push?.event).toBe('push');
    expect(push?.data).not.toContain('\n');
  });
});

describe('Error answers', () => {
  it('have a code and never a stack, whatever fails', async () => {
    const failing = await serve({
      authenticate: () => {
        throw new Error('secret of the database');
      },
    });
    const plain = await serve();
    const answers = [
      await fetch(`${failing.url}/sync`, { method: 'POST' }),
      await fetch(`${failing.url}/events`),
      await fetch(`${plain.url}/sync`, { method: 'POST' }),
      await fetch(`${plain.url}/sync`, { method: 'PUT', headers: { 'x-user': 'ana' } }),
      await fetch(`${plain.url}/nothing`),
      await fetch(`${plain.url}/events?outbox=zz`, { headers: { 'x-user': 'ana' } }),
    ];
    for (const answer of answers) {
      const { status, body } = (await bytesOf(answer)) as { status: number; body: string };
      expect(status).toBeGreaterThanOrEqual(400);
      expect(Object.keys(JSON.parse(body))).toEqual(['code', 'message']);
      expect(body).not.toMatch(/secret| at .*\.[jt]s/);
    }
  });
});
