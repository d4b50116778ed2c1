import type { Adapter } from '../adapter.ts';
import { protoMessages, protoRoot } from './proto.ts';
import { fromTyped, type TypedPacket, toTyped } from './typed.ts';

/** Its reflection compiles an encoder and a decoder for each message, the same code that its static generator writes. */
export const protobufjs: Adapter = {
  name: 'protobufjs',
  bind(workload) {
    const type = protoRoot.lookupType(protoMessages[workload.kind]);
    const message = type.fromObject({ packets: toTyped(workload) });
    return {
      encode: () => type.encode(message).finish(),
      decode: (bytes) => type.decode(bytes),
      packetsIn: (decoded) => fromTyped((decoded as { packets: TypedPacket[] }).packets),
    };
  },
};
