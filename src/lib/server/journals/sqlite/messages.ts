import { CrudpError } from '../../../errors.ts';
import { flat } from '../../../flat.ts';
import type { CompletionOutcome } from '../../journal.ts';
import type { Call, Calls, Reply } from './calls.ts';

/** To the thread, as `PackedCalls`. */
export type Order = { readonly calls: readonly Call[] } | 'close';

/** From the thread, in lists: first one that it is open or why not, then one for each order but the last. */
export type Report =
  | { readonly epoch: string }
  | { readonly fault: Fault }
  | { readonly replies: readonly PackedReply[] };

/** An error as a message carries it: a class does not survive the way. */
export type Fault =
  | { readonly code: string; readonly text: string; readonly retryable: boolean }
  | { readonly typeError: string };

/** What nearly every completion comes to is a word: an object in an object costs more than all else of its message. */
export type PackedReply = { readonly value: unknown } | { readonly fault: Fault } | 'committed';

export function packReply(reply: Reply): PackedReply {
  if ('error' in reply) return { fault: packError(reply.error) };
  return (reply.value as CompletionOutcome | null | undefined)?.kind === 'committed' ? 'committed' : reply;
}

export function unpackReply(reply: PackedReply): Reply {
  if (reply === 'committed') return { value: { kind: reply } satisfies CompletionOutcome };
  return 'fault' in reply ? { error: unpackError(reply.fault) } : reply;
}

export function packError(error: unknown): Fault {
  if (error instanceof TypeError) return { typeError: error.message };
  const { code, message, retryable } =
    error instanceof CrudpError ? error : new CrudpError('storage_error', `${error}`);
  return { code, text: message.slice(`[${code}] `.length), retryable };
}

export function unpackError(fault: Fault): CrudpError | TypeError {
  if ('typeError' in fault) return new TypeError(fault.typeError);
  return new CrudpError(fault.code, fault.text, { retryable: fault.retryable });
}

/** The bytes a call carries. They are its own: they can be given away. */
export function blobsOf(call: Call): Uint8Array[] {
  if (call.name === 'accept') return [call.args[0].frame];
  if (call.name === 'append') return call.args[0].map(({ frame }) => frame);
  if (call.name !== 'complete' && call.name !== 'commit') return [];
  const { pushes, effects } = call.args[1];
  const own = call.name === 'complete' ? [call.args[1].frame, ...call.args[1].failed.map(({ frame }) => frame)] : [];
  const params = flat(effects, (effect) => effect.params).filter((value) => value instanceof Uint8Array);
  return [...own, ...pushes.map((push) => push.frame), ...params];
}

/** The bytes a reply carries, its own as well. */
export function replyBlobsOf({ name }: Call, reply: Reply): Uint8Array[] {
  if ('error' in reply) return [];
  switch (name) {
    case 'results':
      return (reply.value as ReturnType<Calls['results']>).map(({ frame }) => frame);
    case 'claim':
      return (reply.value as ReturnType<Calls['claim']>)?.batches.map(({ frame }) => frame) ?? [];
    case 'pending':
      return (reply.value as ReturnType<Calls['pending']>).batches.map(({ frame }) => frame);
    case 'failures':
      return (reply.value as ReturnType<Calls['failures']>).map(({ frame }) => frame);
    case 'read':
      return (reply.value as ReturnType<Calls['read']>).entries.map(({ frame }) => frame);
    default:
      return [];
  }
}

/** What to hand over with a message instead of copying it once more. */
export function buffersOf(blobs: readonly Uint8Array[]): ArrayBuffer[] {
  return Array.from(new Set(blobs.map(({ buffer }) => buffer as ArrayBuffer)));
}
