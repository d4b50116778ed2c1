import type { WorkloadName } from './fixtures.ts';

/** What is wanted of a workload: times over the best rival's, bytes over Avro's. */
export interface Wanted {
  readonly encode?: number;
  readonly decode?: number;
  readonly bytes?: number;
}

export const wanted: Readonly<Record<WorkloadName, Wanted>> = {
  W1: { encode: 1.1, decode: 1.0, bytes: 1.45 },
  W2: { encode: 1.8, decode: 1.6, bytes: 0.84 },
  W3: { encode: 2.2, decode: 1.8, bytes: 0.73 },
  W4: { encode: 2.0, decode: 2.5, bytes: 0.7 },
  W4u: { encode: 1.3, decode: 1.5 },
  W5: { encode: 1.8, decode: 1.8, bytes: 0.7 },
  W6: { encode: 20, decode: 1.0 },
  W7: { encode: 3.0, decode: 3.0, bytes: 0.42 },
};

/** Times over the best rival's whole decoding of W5, where the packets are made some at a time. */
export const wantedInChunks = 2.3;
