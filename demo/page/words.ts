import type { State } from './state.ts';
import type { Seen } from './view.ts';

interface Failure {
  readonly code: string;
  readonly issues?: readonly { readonly message: string }[] | undefined;
}

const sentences: Readonly<Record<string, string>> = {
  email_taken: 'Another client already has this e-mail address.',
  client_has_invoices: 'This client still has invoices. Delete those first.',
  client_missing: 'The client of this invoice no longer exists.',
  conflict: 'Somebody else was faster. You now see their version; your change was not made.',
  not_found: 'This has been deleted in the meantime.',
  skipped: 'Not done, because a change it builds on was refused.',
  expired: 'Not done: it had waited too long.',
  forgotten: 'This was done or refused long ago; the server no longer knows which.',
  unsupported: 'The server cannot do this. Reload the page to get its newest version.',
  contract_mismatch: 'The server expects something else. Reload the page to get its newest version.',
  too_large: 'This is too large to be sent.',
  internal: 'The server made a mistake. Nothing was changed.',
  poison: 'The server failed each time it tried. Nothing was changed.',
  exhausted: 'The server tried several times and gave up. Nothing was changed.',
  storage_full: 'This device has no room left, so the change could not be kept.',
  storage_failed: 'This device could not store the change.',
};

const denials: Readonly<Record<string, string>> = {
  delete: 'Only a bookkeeper may delete.',
  update: 'Only a bookkeeper may change a paid invoice.',
};

/** Why a change came to nothing, for a person. */
export function reasonFor(action: string, failure: Failure): string {
  const { code, issues } = failure;
  if (code === 'denied') return denials[action] ?? 'Your role does not allow this.';
  if (code === 'invalid') return issues?.map(({ message }) => message).join(' ') || 'Something in it is not valid.';
  return sentences[code] ?? `The server refused this (${code}).`;
}

export const stateWords: Readonly<Record<Seen<unknown>['state'], string>> = {
  saved: 'Saved',
  queued: 'Waiting on this device',
  sent: 'On its way',
  accepted: 'Safe on the server',
  parked: 'Kept here: the server does not understand it',
  refused: 'Refused',
};

/** For a packet that is on the server, whose file is not. */
export const uploading = 'Uploading';

/** For a list of which this device knows nothing yet. */
export function unloadedText({ link }: Pick<State, 'link'>): string {
  return link === 'online' || link === 'connecting' ? 'Loading…' : 'Nothing has been loaded on this device yet.';
}
