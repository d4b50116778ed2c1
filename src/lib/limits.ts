import {
  LIMIT_FRAME_BYTES,
  LIMIT_GROUPS,
  LIMIT_JSON_DEPTH,
  LIMIT_PACKETS,
  LIMIT_STRING_UNITS,
  LIMIT_VALUES,
} from '../../assembly/protocol.ts';

/** What a decoder accepts (PROTOCOL.md A.8). Encoders always go by the defaults. */
export interface DecodeLimits {
  /** Bytes of a whole frame. */
  readonly frame: number;
  /** Packets or results in a frame. */
  readonly packets: number;
  /** Routes with records in a frame. */
  readonly groups: number;
  /** Values that decoding would make; a second bound, 65 536 + 1024 per byte of the frame, always holds. */
  readonly values: number;
  /** UTF-16 units of one string. */
  readonly string: number;
  /** `[` and `{` open at once in a JSON text. */
  readonly json: number;
}

export const defaultLimits: DecodeLimits = Object.freeze({
  frame: LIMIT_FRAME_BYTES,
  packets: LIMIT_PACKETS,
  groups: LIMIT_GROUPS,
  values: LIMIT_VALUES,
  string: LIMIT_STRING_UNITS,
  json: LIMIT_JSON_DEPTH,
});
