import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import type { Adapter } from '../adapter.ts';
import { protoMessages, protoRoot } from './proto.ts';
import { fromTyped, type TypedPacket, toTyped } from './typed.ts';

const set = descriptor.FileDescriptorSet.encode(protoRoot.toDescriptor('proto3')).finish();
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, set));

/** Its generated files hold the same descriptor as text: reading and writing is by reflection in both cases. */
export const bufbuild: Adapter = {
  name: 'bufbuild',
  bind(workload) {
    const schema = registry.getMessage(protoMessages[workload.kind]);
    if (!schema) throw new Error(`no message for a ${workload.kind}`);
    const message = create(schema, { packets: toTyped(workload) });
    return {
      encode: () => toBinary(schema, message),
      decode: (bytes) => fromBinary(schema, bytes),
      packetsIn: (decoded) => fromTyped((decoded as { packets: TypedPacket[] }).packets),
    };
  },
};
