// The module's exports; what they promise stands in src/lib/codec/kernels.ts. The memory map is drawn in memory.ts.
import { output } from './encode';
import { take } from './memory';
import { code, offset } from './reader';

export { decodeFrame as decode } from './decode';
export { encodeFrame as encode } from './encode';
export { clear, generation, install } from './memory';

export function reserve(bytes: u32): usize {
  return take(bytes);
}

export function outputAddress(): usize {
  return output;
}

export function errorCode(): i32 {
  return code;
}

export function errorOffset(): u32 {
  return offset;
}
