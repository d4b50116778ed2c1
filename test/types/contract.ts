// Compiled, never run: what the types of a contract promise to those who write handlers and callers.
import {
  contract,
  enumOf,
  type FileInput,
  type FileValue,
  f64,
  file,
  handler,
  type Infer,
  type InferReceive,
  type InferSend,
  type InferWrite,
  i64,
  isCrudp,
  list,
  nullable,
  optional,
  type ReceivedFile,
  shape,
  string,
  struct,
  symbol,
  u8,
  u16,
  unixid,
  withDefault,
} from 'crudp';
import { implement } from 'crudp/server';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(..._: T[]): void => {};

export const User = shape({
  id: unixid(),
  name: string(),
  email: string(),
  age: u8(),
  tags: list(symbol()),
  state: withDefault(enumOf('draft', 'sent'), 'draft'),
  note: optional(string()),
});

is<
  Equal<
    Infer<typeof User>,
    {
      id: string;
      name: string;
      email: string;
      age: number;
      tags: string[];
      state: 'draft' | 'sent';
      note?: string | undefined;
    }
  >
>();

const written: InferWrite<typeof User> = { id: '1', name: '', email: '', age: 1, tags: [] };
// @ts-expect-error a reader always has the default
const read: Infer<typeof User> = { id: '1', name: '', email: '', age: 1, tags: [] };
// @ts-expect-error age is a number
const wrong: InferWrite<typeof User> = { id: '1', name: '', email: '', age: '1', tags: [] };
// @ts-expect-error not one of the literals
withDefault(enumOf('draft', 'sent'), 'lost');

const Nested = shape({ lines: list(struct({ sku: string(), qty: u16(), price: f64() })), big: nullable(i64()) });
is<Equal<Infer<typeof Nested>, { lines: { sku: string; qty: number; price: number }[]; big: bigint | null }>>();

const Change = User.partial({ except: ['id'] });
const change: InferWrite<typeof Change> = { id: '1', age: 3 };
// @ts-expect-error id was excepted
const noId: InferWrite<typeof Change> = { age: 3 };

export const app = contract(
  { version: 1, errors: { email_taken: 256 } },
  {
    users: handler(1, {
      create: { in: User, out: User },
      read: { in: shape({ text: optional(string()) }), out: User },
      update: { in: Change, out: User },
      delete: { in: unixid() },
    }),
    scans: handler(2, { create: { in: shape({ title: string() }) } }),
  },
);

// @ts-expect-error an action is one of four
handler(3, { approve: { in: User } });

implement(app, {
  users: {
    access: { create: 'admin', update: (ctx, users) => users[0]?.id === ctx.user, delete: ['admin', 'owner'] },
    async create(ctx, users) {
      is<Equal<(typeof users)[number], Infer<typeof User>>>();
      if (users.length > 9) throw ctx.fail('email_taken', { path: [0, 'email'] });
      ctx.push({ role: 'sales' }, 'users.create', users);
      // @ts-expect-error no such route
      ctx.push('all', 'users.approve', users);
      // @ts-expect-error not this contract's error
      ctx.fail('name_taken');
      return users;
    },
    update(_ctx, changes) {
      return changes.map((c) => ({ id: c.id, name: c.name ?? '', email: '', age: 1, tags: [] }));
    },
    delete(_ctx, ids) {
      is<Equal<typeof ids, string[]>>();
    },
  },
});

implement(app, {
  users: {
    // @ts-expect-error delete has no access rule
    access: { create: 'admin' },
    create: (_ctx, users) => users,
    delete: () => {},
  },
});

implement(app, {
  users: {
    access: { create: 'admin' },
    // @ts-expect-error an answer has the output shape
    create: () => [{ id: 1 }],
  },
});

implement(app, {
  scans: {
    access: { create: 'public', read: 'public' },
    create: () => {},
    // @ts-expect-error the contract has no scans.read
    read: () => {},
  },
});

implement(app, {
  // @ts-expect-error the contract has no such handler
  orders: { access: {} },
});

export function show(error: unknown): readonly unknown[] | undefined {
  return isCrudp(app, error, 'email_taken') ? error.issues : undefined;
}
export const used = [written, read, wrong, change, noId, Nested];

const Scan = shape({ title: string(), scan: file(), pages: list(file()), cover: optional(nullable(file())) });
const scans = contract({ version: 1 }, { scans: handler(1, { create: { in: Scan, out: shape({ thumb: file() }) } }) });

is<Equal<InferSend<typeof Scan>['scan'], FileInput>>();
is<Equal<InferReceive<typeof Scan>['pages'], ReceivedFile[]>>();
is<Equal<Infer<typeof Scan>['scan'], FileValue>>();
is<Equal<InferReceive<typeof Scan>['cover'], ReceivedFile | null | undefined>>();

export const sent: InferSend<typeof Scan> = { title: 'a', scan: new Blob(), pages: [new Blob()] };
// @ts-expect-error a text is no file
export const unsent: InferSend<typeof Scan> = { title: 'a', scan: 'a', pages: [] };

implement(scans, {
  scans: {
    access: { create: 'public' },
    async create(_ctx, records) {
      for (const { scan, cover } of records) {
        await scan.keep(`files/${scan.sha256}`);
        is<Equal<typeof cover, ReceivedFile | null | undefined>>();
      }
      const content = new Uint8Array(1);
      return [{ thumb: { name: '', type: '', size: 1, upload: '', content } }];
    },
  },
});
