import { crudpClient } from '../client/client.ts';
import type { CrudpClient } from '../client/client-types.ts';
import type { ClientOptions } from '../client/options.ts';
import { memoryStorage } from '../client/storages/memory.ts';
import { loadCodec } from '../codec/load.ts';
import type { Contract, ErrorSpecs, HandlerSpecs } from '../contract/contract.ts';
import type { Implementation } from '../server/implement.ts';
import type { Identity } from '../server/journal.ts';
import { memoryJournal } from '../server/journals/memory.ts';
import type { ServerOptions } from '../server/options.ts';
import { type CrudpServer, crudpServer } from '../server/server.ts';
import type { ManualClock } from './manual-clock.ts';
import { Network, testUserHeader } from './network.ts';

/** Who uses the application. */
export interface TestUser {
  readonly id: string;
  /** Default none. */
  readonly roles?: readonly string[];
  /** For `ctx.meta`. */
  readonly meta?: unknown;
}

export interface TestAppOptions<H extends HandlerSpecs, E extends ErrorSpecs> {
  readonly modules: readonly Implementation<Contract<H, E>>[];
  readonly user: TestUser;
  /** Time for all of it; default: the system's. */
  readonly clock?: ManualClock;
  /** What the server is to do otherwise than by default; its journal is in memory, and it takes no uploads. */
  readonly server?: Partial<Omit<ServerOptions, 'authenticate' | 'clock'>>;
  /** What the clients are to do otherwise than by default; their storages are in memory. */
  readonly client?: Partial<Omit<ClientOptions, 'user' | 'transport' | 'clock'>>;
}

/** A contract, its modules, a server and clients in one process, without HTTP. */
export interface TestApp<H extends HandlerSpecs, E extends ErrorSpecs> {
  readonly client: CrudpClient<H>;
  readonly server: CrudpServer<Contract<H, E>>;
  /** As it was given. */
  readonly clock: ManualClock | undefined;
  /** Breaks the network, for all clients. */
  offline(): void;
  /** Mends it; clients go on at once. */
  online(): void;
  /** Another device: a client with a storage of its own, of another user or of the same. Closed with the rest. */
  as(user: TestUser, options?: Partial<ClientOptions>): CrudpClient<H>;
  close(): Promise<void>;
}

/**
 * Runs handlers as in production, but for HTTP: packets are queued, encoded, made durable in memory, run by the worker, and
 * answered over an event stream.
 */
export async function testApp<H extends HandlerSpecs, E extends ErrorSpecs>(
  contract: Contract<H, E>,
  options: TestAppOptions<H, E>,
): Promise<TestApp<H, E>> {
  const clock = options.clock && { clock: options.clock };
  const codec = options.client?.codec ?? (await loadCodec());
  const identities = new Map<string, Identity>();
  const server = crudpServer(contract, {
    journal: memoryJournal(clock),
    codec,
    ...options.server,
    ...clock,
    authenticate: ({ headers }) => identities.get(String(headers[testUserHeader])) ?? null,
  });
  server.use(...options.modules);
  await server.start();
  const network = new Network(server, options.server?.base ?? '/api');
  const clients: CrudpClient<H>[] = [];

  const as = (user: TestUser, more: Partial<ClientOptions> = {}): CrudpClient<H> => {
    identities.set(user.id, identityOf(user));
    const client = crudpClient(contract, {
      storage: memoryStorage(),
      codec,
      // A clock that stands still would never end the wait.
      ...(clock && { batchWindowMs: 0 }),
      ...options.client,
      ...more,
      ...clock,
      user: user.id,
      transport: network.transport(identityOf(user)),
    });
    clients.push(client);
    return client;
  };

  return {
    client: as(options.user),
    server,
    clock: options.clock,
    offline: () => network.disconnect(),
    online() {
      network.connect();
      for (const client of clients) client.retry();
    },
    as,
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
    },
  };
}

function identityOf({ id, roles = [], meta }: TestUser): Identity {
  return { user: id, roles, ...(meta !== undefined && { meta }) };
}
