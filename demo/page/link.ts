import type { Link } from './state.ts';

/** As the client tells it. */
export interface ClientStatus {
  readonly state: string;
  readonly reason?: string | undefined;
  readonly stream: string;
}

/** How the page stands to the server, from the client's status. */
export function linkOf({ state, reason, stream }: ClientStatus): Link {
  if (state === 'needs-auth') return 'signed_out';
  if (state === 'held') return 'held';
  if (state === 'offline') return reason === 'switched_off' ? 'switched_off' : 'offline';
  return ['open', 'polling', 'refused'].includes(stream) ? 'online' : 'connecting';
}
