import type { Adapter } from '../adapter.ts';
import type { WorkloadName } from '../fixtures.ts';
import { MemberRequest, MixedRequest, Response, ScanRequest, UserRequest } from './bebop/schema.js';
import { fromTyped, type TypedPacket, toTyped } from './typed.ts';

interface Message {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/** A message with only the lists that the workload has: an empty list would cost 4 bytes in every packet. */
const messages: Partial<Record<WorkloadName, Message>> = {
  W4u: MemberRequest,
  W5: MixedRequest,
  W6: ScanRequest,
  W7: Response,
};

/** `message` is a reserved word there. */
type BebopPacket = TypedPacket & { readonly text?: string };

export const bebop: Adapter = {
  name: 'bebop',
  bind(workload) {
    const type: Message = messages[workload.name] ?? UserRequest;
    const packets = toTyped(workload).map((packet): BebopPacket => ({ ...packet, text: packet.message ?? '' }));
    return {
      // Copied: it gives a view on a buffer that its next call overwrites, where all others give bytes to keep.
      encode: () => type.encode({ packets }).slice(),
      decode: (bytes) => type.decode(bytes),
      packetsIn: (decoded) =>
        fromTyped(
          (decoded as { packets: BebopPacket[] }).packets.map((packet) => ({ ...packet, message: packet.text ?? '' })),
        ),
    };
  },
};
