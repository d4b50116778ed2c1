import { type RequestPacket, Status } from '../packet.ts';
import { mayCall } from './access.ts';
import type { BoundRoute } from './bound-routes.ts';
import type { PacketFiles } from './files/packet-files.ts';
import type { PacketContext } from './packet-context.ts';
import { issuesMessage } from './refusal.ts';
import { validateRecords } from './standard-schema.ts';

/** A packet's records as its code gets them, or why the code is not called. */
export type Admission = { readonly records: unknown[] } | { readonly status: number; readonly message: string };

/** Judges the access rule, fetches the files, and has the records validated, in this order as far as it can be. */
export async function admit(
  route: BoundRoute,
  ctx: PacketContext,
  packet: RequestPacket,
  files: Pick<PacketFiles, 'receive'>,
): Promise<Admission> {
  // Only a function looks at the records: whoever may not call at all has no file read for him.
  const looksFirst = typeof route.access !== 'function';
  if (looksFirst && !(await mayCall(route.access, ctx, packet.records))) return denied;
  const received = await files.receive(packet, ctx.user);
  if ('issues' in received) return invalid(received.issues);
  if (!looksFirst && !(await mayCall(route.access, ctx, received.records))) return denied;
  // A list of its own: a handler may change what it is given. Where it is called again, it gets other records, too.
  if (!route.validate) return { records: [...received.records] };
  const validated = await validateRecords(route.validate, received.records);
  return 'issues' in validated ? invalid(validated.issues) : { records: [...validated.records] };
}

const denied: Admission = { status: Status.denied, message: '' };

function invalid(issues: Parameters<typeof issuesMessage>[0]): Admission {
  return { status: Status.invalid, message: issuesMessage(issues) };
}
