import * as wire from '../../../assembly/protocol.ts';
import type { RecordShape } from '../../../src/lib/contract/field.ts';
import { svarint, varint } from '../../codec/reference.ts';
import { sealed } from '../../codec/sealed.ts';

/** A frame of one packet of route 0 with n records, whose group has these columns and blobs. */
export function frameOf(
  kind: number,
  shape: RecordShape | undefined,
  n: number,
  columns: number[],
  blobs: number[] = [],
): Uint8Array {
  const signs = [...(shape as RecordShape).signature].flatMap((sign) => [sign & 255, sign >> 8]);
  const group = [...varint(BigInt(blobs.length)), signs.length / 2, ...signs, ...columns];
  const outbox = [1, 2, 3, 4, 5, 6, 7, 8];
  const items = svarint(BigInt(n));
  const head = {
    [wire.KIND_REQUEST]: [0, ...outbox, 1, 0, 1, 0, 0, ...items],
    [wire.KIND_RESPONSE]: [0, ...outbox, 1, 1, 0, 0, 0, ...items],
    [wire.KIND_PUSH]: [0, 1, 0, ...items],
  }[kind] as number[];
  const groups = [1, 0, ...varint(BigInt(group.length)), ...group];
  return sealed(Uint8Array.from([wire.MAGIC, (wire.VERSION << 4) | kind, ...head, ...groups, ...blobs]));
}
