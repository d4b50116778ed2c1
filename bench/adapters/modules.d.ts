// What the adapters use of the rivals, so that the types are checked without installing them.

declare module 'msgpackr' {
  export class Packr {
    constructor(options: { useRecords?: boolean; structures?: object[]; bundleStrings?: boolean });
    pack(value: unknown): Uint8Array;
    unpack(bytes: Uint8Array): unknown;
  }
}

declare module 'cbor-x' {
  export class Encoder {
    constructor(options: { useRecords?: boolean; structures?: object[] });
    encode(value: unknown): Uint8Array;
    decode(bytes: Uint8Array): unknown;
  }
}

declare module 'protobufjs' {
  interface Type {
    encode(message: object): { finish(): Uint8Array };
    decode(bytes: Uint8Array): object;
    fromObject(value: object): object;
  }
  interface Root {
    lookupType(name: string): Type;
    resolveAll(): Root;
    toDescriptor(edition: string): { file: object[] };
  }
  const protobuf: { parse(source: string, options: { keepCase: boolean }): { root: Root } };
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default protobuf;
}

declare module 'protobufjs/ext/descriptor/index.js' {
  const descriptor: { FileDescriptorSet: { encode(message: object): { finish(): Uint8Array } } };
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default descriptor;
}

declare module '@bufbuild/protobuf' {
  interface DescMessage {
    readonly typeName: string;
  }
  export function create(schema: DescMessage, value: object): object;
  export function toBinary(schema: DescMessage, message: object): Uint8Array<ArrayBuffer>;
  export function fromBinary(schema: DescMessage, bytes: Uint8Array): object;
  export function createFileRegistry(set: object): { getMessage(name: string): DescMessage | undefined };
}

declare module '@bufbuild/protobuf/wkt' {
  export const FileDescriptorSetSchema: { readonly typeName: string };
}

declare module 'avsc' {
  interface Type {
    toBuffer(value: unknown): Buffer;
    fromBuffer(bytes: Buffer): unknown;
  }
  const avro: { Type: { forSchema(schema: unknown, options: { wrapUnions: 'never' }): Type } };
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default avro;
}

declare module 'bebop' {
  export const BebopView: { getInstance(): object };
}
