// The module's exports; what they promise stands in src/lib/codec/kernels.ts. The memory map is drawn in memory.ts.
export { decodeFrame as decode } from './decode';
export { encodeFrame as encode, output } from './encode';
export { clear, generation, install, reserve } from './memory';
/** The status cell: why the frame was refused, and where. */
export { code, offset } from './reader';
