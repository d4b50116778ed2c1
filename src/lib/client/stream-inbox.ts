import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import type { DecodedPush, DecodedResponse } from '../packet.ts';
import { decodeBase64 } from './base64.ts';
import type { Inbox } from './inbox.ts';
import type { Ledger } from './ledger.ts';
import { isUnreadable } from './store-results.ts';
import type { ServerEvent } from './transport.ts';

export interface StreamInboxDeps {
  readonly inbox: Inbox;
  readonly codec: Codec;
  readonly contract: Contract;
  readonly onFrame: (direction: 'received', frame: Uint8Array) => void;
  readonly onError: (error: unknown) => void;
}

type Read = { readonly response: DecodedResponse } | { readonly push: DecodedPush } | null;

/**
 * Stores what a stream's events bring, in one transaction.
 *
 * @param setCursor Given the id of the last event that has one, in the same transaction.
 */
export async function storeEvents(
  deps: StreamInboxDeps,
  events: readonly ServerEvent[],
  epoch: string,
  setCursor: (ledger: Ledger, cursor: string) => void,
): Promise<void> {
  const read = events.map((event) => readEvent(deps, event));
  const cursor = events.findLast(({ id }) => id !== undefined)?.id;
  if (cursor === undefined && read.every((item) => item === null)) return;
  await deps.inbox.write(epoch, async (ledger, store) => {
    for (const item of read) {
      if (item && 'response' in item) await store(item.response);
      else if (item) feedPush(ledger, item.push);
    }
    if (cursor !== undefined) setCursor(ledger, cursor);
  });
}

/** A frame that cannot be read is reported and left out: read again it would be no better, and results are asked for. */
function readEvent({ codec, contract, onFrame, onError }: StreamInboxDeps, { event, data }: ServerEvent): Read {
  if (event !== 'results' && event !== 'push') return null;
  const options = { copyBytes: true, invalidValues: 'mark' } as const;
  try {
    const frame = decodeBase64(data);
    onFrame('received', frame);
    return event === 'push'
      ? { push: codec.decodePush(contract, frame, options) }
      : { response: codec.decodeResponse(contract, frame, options) };
  } catch (error) {
    onError(error);
    return null;
  }
}

function feedPush(ledger: Ledger, { packets }: DecodedPush): void {
  for (const packet of packets) {
    const { route, records } = packet;
    ledger.feed({ kind: 'push', route, result: records, isUnreadable: isUnreadable(packet) });
  }
}
