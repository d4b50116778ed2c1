import type { Clock } from '../clock.ts';
import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { DecodeError } from '../errors.ts';
import type { DecodeLimits } from '../limits.ts';
import type { RequestHead } from '../packet.ts';
import { answerFrame, maxAnswerBytes } from './answer-results.ts';
import { awaitResults } from './await-results.ts';
import type { Broker, ToldResults } from './broker.ts';
import type { SyncReply, SyncRequest } from './core.ts';
import type { Journal } from './journal.ts';
import type { Metrics } from './metrics.ts';
import { RequestRefused } from './refused.ts';

export interface AcceptDeps {
  readonly contract: Contract;
  readonly codec: Codec;
  readonly journal: Journal;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly limits: DecodeLimits;
  readonly maxWaitMs: number;
  /** Packets of a user that may wait. */
  readonly maxQueuedPackets: number;
  /** Aborted when the server closes: those who wait for results are answered with what there is. */
  readonly closing: AbortSignal;
}

/** Until a user whose queue is full may try again. */
const fullRetrySeconds = 5;

/**
 * Steps 1 to 4 of C.2, and the answer.
 *
 * @throws {RequestRefused} for every answer that is not 202.
 */
export async function accept(deps: AcceptDeps, request: SyncRequest): Promise<SyncReply> {
  const { contract, journal, closing } = deps;
  const { identity, after, frame } = request;
  if (request.boundUser !== identity.user) {
    throw new RequestRefused(403, 'wrong_user', 'the outbox is bound to another user than the one who is signed in');
  }
  if (request.contract > contract.version) {
    const body = { contract: contract.version };
    throw new RequestRefused(409, 'contract_older', 'this server does not know your contract yet', { body });
  }
  const head = openFrame(deps, frame);
  const { outbox, packets } = head;
  const last = packets.at(-1);
  if (last && last.seq > after.seq && request.tag === '') {
    throw new RequestRefused(422, 'bad_header', 'CRUDP-Tag is missing');
  }
  const key = { user: identity.user, outbox };
  const startedAt = performance.now();
  const outcome = await journal.accept({
    ...key,
    identity,
    contract: request.contract,
    after,
    tag: request.tag,
    frame,
    oldest: head.first - head.oldest,
    packets,
    receivedAt: deps.clock.now(),
    maxWaiting: deps.maxQueuedPackets,
  });
  if (outcome.kind === 'full') {
    const facts = { body: { waiting: outcome.waiting }, retryAfterSeconds: fullRetrySeconds };
    throw new RequestRefused(429, 'queue_full', 'too many of your packets wait here', facts);
  }
  if (outcome.kind === 'moved') {
    const { epoch, seq: accepted, tag } = outcome.place;
    const body = { epoch, accepted, tag };
    throw new RequestRefused(409, 'moved', 'the outbox stands elsewhere than you believe', { body });
  }
  if (outcome.appended > 0) deps.metrics.batchAccepted(outcome.appended, (performance.now() - startedAt) / 1000);
  const forgottenSeqs = new Set(outcome.forgotten);
  const known = packets.filter(({ seq }) => !forgottenSeqs.has(seq)).map(({ seq }) => seq);
  const lastSeq = known.at(-1);
  const isWaiting = request.waitMs > 0 && lastSeq !== undefined;
  let chunks: readonly ToldResults[] = [];
  if (isWaiting) {
    const signals = request.signal ? [closing, request.signal] : [closing];
    const waitMs = Math.min(request.waitMs, deps.maxWaitMs);
    chunks = chunksWith(known, await awaitResults(deps, key, lastSeq, waitMs, signals, maxAnswerBytes));
  }
  // The new ones are the last; without waiting they have no results yet, and nobody is to pay for the question.
  const asked = isWaiting ? known : known.slice(0, known.length - outcome.appended);
  const heard = chunks.reduce((sum, { seqs }) => sum + seqs.length, 0);
  if (heard < asked.length) chunks = await journal.results(key, asked, maxAnswerBytes);
  const forgotten = packets.filter(({ seq }) => forgottenSeqs.has(seq));
  const results = answerFrame(deps, outbox, chunks, forgotten);
  return {
    status: 202,
    json: {
      epoch: journal.epoch,
      accepted: outcome.accepted,
      ...(results && { results: Buffer.from(results).toString('base64') }),
    },
    outbox,
    packets: packets.length,
    appended: outcome.appended,
  };
}

/** The chunks with results that were asked for, in the order of those, as a journal gives them. */
function chunksWith(asked: readonly number[], chunks: readonly ToldResults[]): ToldResults[] {
  const wanted = new Set(asked);
  return chunks
    .map(({ frame, seqs, bare }) => ({ frame, seqs: seqs.filter((seq) => wanted.has(seq)), bare }))
    .filter(({ seqs }) => seqs.length > 0)
    .sort((one, other) => (one.seqs[0] as number) - (other.seqs[0] as number));
}

function openFrame({ contract, codec, limits, metrics }: AcceptDeps, frame: Uint8Array): RequestHead {
  try {
    return codec.openRequest(contract, frame, { limits });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { code, offset } = error;
    metrics.frameRefused(code);
    throw new RequestRefused(400, code, `the frame is refused at offset ${offset}`, { body: { offset } });
  }
}
