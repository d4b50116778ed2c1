import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Authenticated } from 'crudp/server';
import { isRole, type Role } from './roles.ts';

/** Whoever has signed in. There is no password: this is a demo, and its page says so. */
export interface Person {
  readonly name: string;
  readonly role: Role;
}

export interface Sessions {
  /** The value of `Set-Cookie` that signs a person in. */
  open(person: Person): string;
  /** The value of `Set-Cookie` that signs out. */
  close(): string;
  /** Null: nobody has signed in, the session is over, or the cookie is not ours. */
  read(request: IncomingMessage): (Person & Authenticated) | null;
}

const cookieName = 'crudp_demo';
const sessionMs = 7 * 24 * 3600_000;
const maxNameUnits = 40;
// Not `Secure`: the demo is served over plain http, on localhost.
const attributes = 'Path=/; HttpOnly; SameSite=Strict';

/**
 * Sessions that live in a signed cookie, so that they outlive a restart of the server.
 *
 * @param secret At least 32 random bytes.
 */
export function createSessions(secret: Uint8Array, now: () => number): Sessions {
  const sign = (payload: string): Buffer => createHmac('sha256', secret).update(payload).digest();

  return {
    open({ name, role }) {
      const payload = Buffer.from(JSON.stringify({ name, role, expiresAt: now() + sessionMs })).toString('base64url');
      const value = `${payload}.${sign(payload).toString('base64url')}`;
      return `${cookieName}=${value}; ${attributes}; Max-Age=${sessionMs / 1000}`;
    },

    close: () => `${cookieName}=; ${attributes}; Max-Age=0`,

    read(request) {
      const [payload = '', signature = ''] = cookieOf(request).split('.');
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(payload);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      const { name, role, expiresAt } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Person & {
        expiresAt: number;
      };
      if (expiresAt <= now()) return null;
      return { name, role, user: userIdOf(name), roles: [role], expiresAt, meta: { name } };
    },
  };
}

/** What a sign-in form sent, or null if that is nobody. */
export function personOf(body: unknown): Person | null {
  if (typeof body !== 'object' || body === null) return null;
  const { name, role } = body as Record<string, unknown>;
  if (typeof name !== 'string' || !name.isWellFormed() || !isRole(role)) return null;
  const tidy = name.normalize('NFC').trim().replaceAll(/\s+/g, ' ');
  return tidy === '' || tidy.length > maxNameUnits ? null : { name: tidy, role };
}

/** ASCII, as it travels in a header; the same for "Ana" and "ana". */
function userIdOf(name: string): string {
  return encodeURIComponent(name.toLowerCase());
}

function cookieOf({ headers }: IncomingMessage): string {
  const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  return cookies.find((cookie) => cookie.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) ?? '';
}
