import { nowhere, type Place } from '../journal.ts';
import { RequestRefused } from '../refused.ts';
import { refuseCoding } from './body.ts';

/**
 * What the headers of a POST to /sync say (C.2).
 *
 * Faults in them are 422, never 400: on 400 a client takes its frame for broken and gives packets up, but headers are
 * what proxies drop.
 */
export interface SyncHeaders {
  readonly boundUser: string;
  readonly contract: number;
  readonly after: Place;
  readonly tag: string;
  readonly waitMs: number;
}

/** @throws {RequestRefused} 415 `unsupported_media`, 422 `bad_header`. */
export function readSyncHeaders(header: (name: string) => string): SyncHeaders {
  const [media] = header('content-type').split(';');
  if (media?.trim().toLowerCase() !== 'application/crudp') {
    throw new RequestRefused(415, 'unsupported_media', 'a frame is sent as application/crudp');
  }
  refuseCoding(header('content-encoding'));
  return {
    boundUser: userOf(header('crudp-user')),
    contract: contractOf(header('crudp-contract')),
    after: placeOf(header('crudp-after')),
    tag: tagOf(header('crudp-tag')),
    waitMs: waitMsOf(header('prefer')),
  };
}

/** Percent-encoded, since a header has no room for every name; '', which nobody is called, for what cannot be decoded. */
function userOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function contractOf(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw badHeader('CRUDP-Contract');
  return Number(text);
}

function placeOf(text: string): Place {
  if (text === '0.0.0') return nowhere;
  const match = /^([0-9a-f]{16})\.([1-9]\d{0,15})\.([0-9a-f]{16})$/.exec(text);
  const [, epoch, seq, tag] = match ?? [];
  if (!epoch || !tag || !Number.isSafeInteger(Number(seq))) throw badHeader('CRUDP-After');
  return { epoch, seq: Number(seq), tag };
}

function tagOf(text: string): string {
  if (!/^([0-9a-f]{16})?$/.test(text)) throw badHeader('CRUDP-Tag');
  return text;
}

/** RFC 7240; a preference that cannot be read is none. */
function waitMsOf(text: string): number {
  const match = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(text);
  return Number(match?.[1] ?? 0) * 1000;
}

function badHeader(name: string): RequestRefused {
  return new RequestRefused(422, 'bad_header', `${name} is missing or malformed`);
}
