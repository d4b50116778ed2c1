import type { ServerEvent } from './transport.ts';

/** What a stream begins with. */
export interface Hello {
  /** The journal's id. */
  readonly epoch: string;
  readonly user: string;
  /** Version of the server's contract. */
  readonly contract: number;
  /** False: events may be missing between the cursor and what follows. */
  readonly recovered: boolean;
  readonly heartbeatMs: number;
}

/** @returns null for any other event, and for one that is malformed. */
export function helloOf({ event, data }: ServerEvent): Hello | null {
  if (event !== 'hello') return null;
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return null;
  }
  const { epoch, user, contract, recovered, heartbeatMs } = (json ?? {}) as Record<string, unknown>;
  const isHello =
    typeof epoch === 'string' &&
    typeof user === 'string' &&
    typeof contract === 'number' &&
    typeof recovered === 'boolean' &&
    typeof heartbeatMs === 'number' &&
    heartbeatMs > 0;
  return isHello ? { epoch, user, contract, recovered, heartbeatMs } : null;
}
