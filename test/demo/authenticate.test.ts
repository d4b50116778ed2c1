import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createSessions, personOf } from '../../demo/authenticate.ts';

const secret = new Uint8Array(32).fill(7);
const start = 1_700_000_000_000;

function requestWith(setCookie: string): IncomingMessage {
  return { headers: { cookie: `theme=dark; ${setCookie.split(';')[0]}` } } as IncomingMessage;
}

describe('createSessions', () => {
  it('knows who signed in', () => {
    const sessions = createSessions(secret, () => start);
    const cookie = sessions.open({ name: 'Ana López', role: 'assistant' });
    expect(sessions.read(requestWith(cookie))).toEqual({
      name: 'Ana López',
      role: 'assistant',
      user: 'ana%20l%C3%B3pez',
      roles: ['assistant'],
      meta: { name: 'Ana López' },
      expiresAt: start + 7 * 24 * 3600_000,
    });
  });

  it('hides the cookie from scripts and from other sites', () => {
    const cookie = createSessions(secret, () => start).open({ name: 'Ana', role: 'assistant' });
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
  });

  it('believes no cookie that was changed or signed by another secret', () => {
    const sessions = createSessions(secret, () => start);
    const cookie = sessions.open({ name: 'Ana', role: 'assistant' });
    const [payload = '', signature = ''] = (cookie.split(';')[0] ?? '').split('=')[1]?.split('.') ?? [];
    const forged = Buffer.from(
      Buffer.from(payload, 'base64url').toString().replace('assistant', 'bookkeeper'),
    ).toString('base64url');
    expect(sessions.read(requestWith(`crudp_demo=${forged}.${signature}`))).toBeNull();
    expect(sessions.read(requestWith(`crudp_demo=${payload}.`))).toBeNull();
    expect(createSessions(new Uint8Array(32), () => start).read(requestWith(cookie))).toBeNull();
    expect(sessions.read(requestWith(cookie))?.name).toBe('Ana');
  });

  it('ends after seven days', () => {
    let now = start;
    const sessions = createSessions(secret, () => now);
    const cookie = sessions.open({ name: 'Ana', role: 'assistant' });
    now += 7 * 24 * 3600_000 - 1;
    expect(sessions.read(requestWith(cookie))).not.toBeNull();
    now += 1;
    expect(sessions.read(requestWith(cookie))).toBeNull();
  });
});

describe('personOf', () => {
  it('tidies a name', () => {
    expect(personOf({ name: '  Ana   López ', role: 'bookkeeper' })).toEqual({ name: 'Ana López', role: 'bookkeeper' });
  });

  it.each([
    null,
    'Ana',
    {},
    { name: 'Ana', role: 'admin' },
    { name: ' ', role: 'assistant' },
    { name: 'x'.repeat(41), role: 'assistant' },
    { name: '\ud800', role: 'assistant' },
    { name: ['Ana'], role: 'assistant' },
  ])('takes %j for nobody', (body) => {
    expect(personOf(body)).toBeNull();
  });
});
