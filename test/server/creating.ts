import type { RequestPacket } from '../../src/lib/packet.ts';
import type { Context } from '../../src/lib/server/context.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { app } from './app.ts';
import type { TestServer } from './harness.ts';

/** Asks the server to answer with the results. */
export const wait = { headers: { Prefer: 'wait=20' } };

/** A module whose `notes.create` is this. */
export function creating(create: (ctx: Context<typeof app>, records: { id: string }[]) => unknown) {
  return implement(app, { notes: { access: { create: 'public' }, create } } as never);
}

/** Number and status of each result of a first batch. */
export async function statusesOf(server: TestServer, packets: readonly RequestPacket[]): Promise<unknown> {
  const { results } = await server.sender().post(packets, wait);
  return results.map(({ seq, status }) => [seq, status]);
}
