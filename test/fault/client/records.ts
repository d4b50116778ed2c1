import type { Operation } from '../../../src/lib/client/operation.ts';
import type { Behaviour } from './app.ts';
import type { Browser, User } from './browser.ts';
import type { PageProcess } from './page-process.ts';

/** A packet of a run, as the oracle remembers it. */
export interface Issued {
  /** In its record; unique. */
  readonly id: string;
  readonly user: User;
  readonly page: PageProcess;
  readonly kind: 'create' | 'read';
  readonly what: Behaviour;
  readonly after: readonly string[];
  /** Ids of its atomic group; itself alone outside of one. */
  readonly group: readonly string[];
  readonly operation: Operation;
  /** Browsers in whose storage it is: more than one where a profile was copied. */
  readonly browsers: Set<Browser>;
  reqId: string | null;
  /** What its operation came to. */
  result: string | null;
  wasCancelled: boolean;
  /** Its page was told that it is on the server's disk, where it never was. */
  wasMisled: boolean;
}

/** Something a page was told. */
export interface Heard {
  readonly browser: Browser;
  readonly page: PageProcess;
  readonly reqId: string;
  readonly id: string;
  readonly status: string;
  /** Ids in the records of the result. */
  readonly told: readonly string[];
}
