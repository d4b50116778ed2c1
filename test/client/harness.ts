import { onTestFinished } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import type { CrudpClient } from '../../src/lib/client/client-types.ts';
import type { CrudpEvent } from '../../src/lib/client/events.ts';
import type { ClientOptions } from '../../src/lib/client/options.ts';
import type { Storage } from '../../src/lib/client/storage.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { bytes, date, json, list, optional, string, struct, u8, withDefault } from '../../src/lib/contract/types.ts';
import { ManualClock } from '../../src/lib/testing/manual-clock.ts';
import { codec, FakeServer } from './fake-server.ts';

export const Note = shape({ id: string(), text: string(), stars: withDefault(u8(), 1) });

export const app = contract(
  { version: 3, errors: { id_taken: 300 } },
  {
    notes: handler(1, {
      create: { in: Note, out: Note },
      read: { in: shape({ text: optional(string()) }), out: Note },
      delete: { in: string() },
    }),
    rows: handler(2, { create: { in: list(u8()), out: list(u8()) } }),
    things: handler(3, {
      create: {
        in: shape({ at: date(), raw: bytes(), any: json(), parts: list(struct({ name: string() })) }),
      },
    }),
  },
);
export type App = typeof app;
export type Client = CrudpClient<App['handlers']>;

export const route = { create: 4, read: 5, delete: 7, rows: 8 } as const;

export function note(id: string, text = ''): { id: string; text: string } {
  return { id, text };
}

/** What the server answers for it. */
export function stored(id: string, text = ''): { id: string; text: string; stars: number } {
  return { id, text, stars: 1 };
}

export interface Bench {
  readonly client: Client;
  readonly server: FakeServer;
  readonly storage: Storage;
  readonly clock: ManualClock;
  readonly errors: unknown[];
  readonly events: CrudpEvent[];
  readonly gaps: unknown[];
  /** Another page on the same storage, at once or after a reload. */
  page(options?: Omit<Partial<ClientOptions>, 'clock'>): Bench;
}

/** A client at a scripted server, with its time in the test's hands. Closed with the test. */
export function bench(
  options: Omit<Partial<ClientOptions>, 'clock'> & { server?: FakeServer; clock?: ManualClock } = {},
): Bench {
  const { server = new FakeServer(app), clock = new ManualClock(), storage = memoryStorage(), ...rest } = options;
  const errors: unknown[] = [];
  const events: CrudpEvent[] = [];
  const gaps: unknown[] = [];
  const client = crudpClient(app, {
    user: 'ana',
    storage,
    codec,
    transport: server,
    clock,
    // Time stands still here.
    batchWindowMs: 0,
    onError: (error) => errors.push(error),
    onGap: () => gaps.push('gap'),
    ...rest,
  });
  for (const action of ['create', 'read', 'delete'] as const) {
    client.notes.on(action, (event: CrudpEvent) => events.push(event));
  }
  onTestFinished(() => client.close());
  return {
    client,
    server,
    storage,
    clock,
    errors,
    events,
    gaps,
    page: (more = {}) => bench({ ...options, server, clock, storage, ...more }),
  };
}

/** A bench whose client has its stream: what it sends from now on has its result in it. */
export async function connected(options: Parameters<typeof bench>[0] = {}): Promise<Bench> {
  const made = bench(options);
  await made.server.opened(0);
  await settle();
  return made;
}

/** Lets everything happen that needs no time and no answer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Everything that was promised, by the code of its failure or `ok`. */
export async function outcomes(operations: readonly { result: Promise<unknown> }[]): Promise<string[]> {
  return Promise.all(
    operations.map(({ result }) =>
      result.then(
        () => 'ok',
        (error: { code: string }) => error.code,
      ),
    ),
  );
}
