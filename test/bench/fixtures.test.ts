import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Invoice, type Member, makeWorkload, routes, type User, workloadNames } from '../../bench/fixtures.ts';

function recordsOf<T>(name: (typeof workloadNames)[number], route: number): T[] {
  const packets: readonly { readonly route: number; readonly records: readonly unknown[] }[] =
    makeWorkload(name).packets;
  return packets.filter((packet) => packet.route === route).flatMap(({ records }) => records as T[]);
}

/** Of all workloads, blobs included. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (const name of workloadNames) {
    hash.update(
      JSON.stringify(makeWorkload(name), (_, value) => (value instanceof Uint8Array ? sha256(value) : value)),
    );
  }
  return hash.digest('hex').slice(0, 16);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('Benchmark fixtures', () => {
  it('makes what the published figures were measured on', () => {
    // Figures from before and after a change of the fixtures must not be compared: another hash asks for another run.
    expect(fingerprint()).toBe('e06d969ea61aa086');
    expect(fingerprint()).toBe('e06d969ea61aa086');
  });

  it.each([
    ['W1', 1],
    ['W2', 10],
    ['W3', 100],
    ['W4', 1000],
  ] as const)('makes %s one packet of %i users', (name, count) => {
    expect(makeWorkload(name).packets).toHaveLength(1);
    expect(recordsOf(name, routes.createUser)).toHaveLength(count);
  });

  it('makes users with unique ids of 53 bits, cents and up to three tags', () => {
    const users = recordsOf<User>('W4', routes.createUser);
    expect(new Set(users.map(({ id }) => id)).size).toBe(1000);
    expect(users.every(({ id }) => Number.isSafeInteger(id) && id >= 0)).toBe(true);
    expect(users.filter(({ id }) => id >= 2 ** 52).length).toBeGreaterThan(400);
    expect(users.every(({ balance }) => Math.round(balance * 100) / 100 === balance)).toBe(true);
    expect(new Set(users.map(({ tags }) => tags.length))).toEqual(new Set([0, 1, 2, 3]));
    expect(new Set(users.flatMap(({ tags }) => tags)).size).toBe(12);
    expect(users.every(({ age, active }) => age < 256 && typeof active === 'boolean')).toBe(true);
    expect(users.some(({ name }) => /[^\0-\x7f]/.test(name))).toBe(true);
  });

  it('makes members with distinct unixids', () => {
    const ids = recordsOf<Member>('W4u', routes.createMember).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1000);
    expect(ids.every((id) => /^[1-9]\d*\.[1-9]\d*$/.test(id))).toBe(true);
  });

  it('makes W5 a queue of 10 000 packets, a tenth of them invoices', () => {
    expect(makeWorkload('W5').packets).toHaveLength(10_000);
    expect(recordsOf('W5', routes.createUser)).toHaveLength(9000);
    const invoices = recordsOf<Invoice>('W5', routes.createInvoice);
    expect(invoices).toHaveLength(1000);
    expect(new Set(invoices.map(({ lines }) => lines.length))).toEqual(new Set([1, 2, 3, 4, 5]));
    const notes = new Set(invoices.map(({ note }) => note));
    expect(notes).toContain(undefined);
    expect([...notes].some((note) => /\p{Emoji_Presentation}/u.test(note ?? ''))).toBe(true);
    expect([...notes].some((note) => /[áéíóúñ]/.test(note ?? ''))).toBe(true);
    const sums = invoices.map(({ lines }) => lines.reduce((sum, { qty, price }) => sum + qty * price, 0));
    expect(invoices.every(({ total }, i) => Math.abs(total - (sums[i] as number)) < 0.001)).toBe(true);
  });

  it('makes W6 20 different blobs of 64 KB', () => {
    const { packets } = makeWorkload('W6');
    const blobs = packets.flatMap(({ records }) => records as { content: Uint8Array }[]).map(({ content }) => content);
    expect(blobs.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 65_536));
    expect(new Set(blobs.map(sha256)).size).toBe(20);
  });

  it('makes W7 results of 1 000 packets, nearly all ok without records', () => {
    const workload = makeWorkload('W7');
    if (workload.kind !== 'response') throw new Error('W7 is no response');
    const results = workload.packets;
    expect(results).toHaveLength(1000);
    const plain = results.filter(
      ({ status, records, message }) => status === 0 && records.length === 0 && message === '',
    );
    expect(plain.length).toBeGreaterThan(950);
    expect(results.some(({ message }) => message !== '')).toBe(true);
    expect(results.some(({ records }) => records.length > 0)).toBe(true);
  });
});
