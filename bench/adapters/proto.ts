import protobuf from 'protobufjs';

/** Ids and times as doubles: 53 bits exactly, and the one 8-byte type that both libraries read as a number. */
const source = `
syntax = "proto3";
message User {
  double id = 1;
  string name = 2;
  string email = 3;
  uint32 age = 4;
  bool active = 5;
  double createdAt = 6;
  double balance = 7;
  repeated string tags = 8;
}
message Member {
  string id = 1;
  string name = 2;
  string email = 3;
  uint32 age = 4;
  bool active = 5;
  double createdAt = 6;
  double balance = 7;
  repeated string tags = 8;
}
message Line {
  string sku = 1;
  uint32 qty = 2;
  double price = 3;
}
message Invoice {
  double id = 1;
  double clientId = 2;
  string number = 3;
  repeated Line lines = 4;
  optional string note = 5;
  double total = 6;
}
message Scan {
  string name = 1;
  bytes content = 2;
}
message Packet {
  uint32 seq = 1;
  uint32 route = 2;
  repeated User users = 3;
  repeated Invoice invoices = 4;
  repeated Scan scans = 5;
  repeated Member members = 6;
}
message Result {
  uint32 seq = 1;
  uint32 route = 2;
  uint32 status = 3;
  string message = 4;
  repeated User users = 5;
}
message Request {
  repeated Packet packets = 1;
}
message Response {
  repeated Result packets = 1;
}
`;

export const protoRoot = protobuf.parse(source, { keepCase: true }).root.resolveAll();

export const protoMessages = { request: 'Request', response: 'Response' } as const;
