// What both sides share: field types, shapes, the contract, ids and errors.
export {
  type Contract,
  contract,
  type ErrorNameOf,
  type HandlerSpec,
  handler,
  type RouteName,
  type RouteSpec,
} from './lib/contract/contract.ts';
export type { FileInput, FileValue, ReceivedFile } from './lib/contract/file.ts';
export { isCrudp } from './lib/contract/is-crudp.ts';
export {
  type Infer,
  type InferReceive,
  type InferSend,
  type InferWrite,
  type Shape,
  shape,
} from './lib/contract/shape.ts';
export * from './lib/contract/types.ts';
export { CrudpError, type Issue } from './lib/errors.ts';
export { type Action, actions, type ReqId, Status, type StatusName } from './lib/packet.ts';
export { createUnixidSource, newUnixid, type UnixidOptions } from './lib/unixid.ts';
