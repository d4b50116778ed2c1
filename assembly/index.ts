// The module's exports; what they promise stands in src/lib/codec/kernels.ts. The memory map is drawn in memory.ts.
export { decodeFrame as decode } from './decode';
export { encodeFrame as encode } from './encode';
export { latin1 } from './latin1';
export { clear, reserve } from './memory';
export { xxh32 as hash } from './xxh32';
