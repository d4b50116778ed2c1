import { xxh32 } from '../../src/lib/xxh32.ts';

/** A frame of these bytes, given in hex with spaces at will, with its checksum made right. */
export function sealed(body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? Uint8Array.from(Buffer.from(body.replaceAll(/\s/g, ''), 'hex')) : body;
  const frame = new Uint8Array(bytes.length + 4);
  frame.set(bytes);
  const view = new DataView(frame.buffer);
  view.setUint32(bytes.length, xxh32(view, 0, bytes.length, 0), true);
  return frame;
}
