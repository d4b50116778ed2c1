import * as wire from '../../../../assembly/protocol.ts';
import { DecodeError } from '../../errors.ts';

/** The codes of A.7 by their numbers in protocol.ts. */
const names: Readonly<Record<number, string>> = {
  [wire.TRUNCATED]: 'truncated',
  [wire.BAD_MAGIC]: 'bad_magic',
  [wire.BAD_VERSION]: 'bad_version',
  [wire.BAD_KIND]: 'bad_kind',
  [wire.BAD_CHECKSUM]: 'bad_checksum',
  [wire.BAD_FLAGS]: 'bad_flags',
  [wire.OVERLONG_VARINT]: 'overlong_varint',
  [wire.BAD_COUNT]: 'bad_count',
  [wire.BAD_ORDER]: 'bad_order',
  [wire.BAD_MODE]: 'bad_mode',
  [wire.BAD_PADDING]: 'bad_padding',
  [wire.BAD_UTF8]: 'bad_utf8',
  [wire.BAD_LENGTH]: 'bad_length',
  [wire.OUT_OF_RANGE]: 'out_of_range',
  [wire.TRAILING_BYTES]: 'trailing_bytes',
  [wire.LIMIT]: 'limit',
};

export function refusalOf(code: number, offset: number): DecodeError {
  const name = names[code];
  if (name !== undefined) return new DecodeError(name, offset);
  // No fault of its writer's, but to send it in smaller pieces is what helps: the same as for a limit.
  return new DecodeError('limit', offset, 'the codec has no memory left for the frame');
}
