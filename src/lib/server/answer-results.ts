import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { DecodeError, EncodeError } from '../errors.ts';
import { type PacketHead, type PacketResult, Status } from '../packet.ts';
import type { ToldResults } from './broker.ts';

/** What one answer carries of them: the client asks again for what is missing, and the stream brings it anyway. */
export const maxAnswerBytes = 1_048_576;

/**
 * Makes one response frame of stored chunks and of packets that nothing is known of any more.
 *
 * @param chunks At most about `maxAnswerBytes`.
 * @returns null where there is nothing to say.
 */
export function answerFrame(
  deps: { readonly contract: Contract; readonly codec: Codec },
  outbox: string,
  chunks: readonly ToldResults[],
  forgotten: readonly PacketHead[],
): Uint8Array | null {
  const { contract, codec } = deps;
  const results: PacketResult[] = forgotten.map(({ seq, route }) => forgottenResult(seq, route));
  for (const { frame, seqs, bare } of chunks) {
    if (results.length === 0 && chunks.length === 1) return frame;
    const all = bare ?? resultsIn(codec, contract, frame);
    if (all) for (const result of all.length === seqs.length ? all : among(all, seqs)) results.push(result);
    // Stored under another contract: its bytes can be handed on, but not merged. Alone now, or with the next question.
    else if (results.length === 0) return frame;
  }
  if (results.length === 0) return null;
  try {
    return codec.encodeResponse(contract, { outbox, results });
  } catch (error) {
    // Frames of few bytes may hold more values together than one frame may.
    if (!(error instanceof EncodeError) || chunks.length === 0) throw error;
    return answerFrame(deps, outbox, chunks.slice(0, chunks.length >> 1), forgotten);
  }
}

/** By a set: a group's results are in one chunk, however many they are. */
function among(results: readonly PacketResult[], seqs: readonly number[]): PacketResult[] {
  const asked = new Set(seqs);
  return results.filter(({ seq }) => asked.has(seq));
}

function forgottenResult(seq: number, route: number): PacketResult {
  return { seq, route, status: Status.forgotten, message: '', records: [] };
}

function resultsIn(codec: Codec, contract: Contract, frame: Uint8Array): readonly PacketResult[] | null {
  try {
    const { results } = codec.decodeResponse(contract, frame);
    // A mark on a result without records loses nothing: a route that is not known here was refused for that.
    return results.some(({ items = 0 }) => items > 0) ? null : results;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
