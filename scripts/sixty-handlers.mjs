// The text of a contract of 60 handlers with its implementation and client: what test:types measures the compiler with.

const numbers = Array.from({ length: 60 }, (_, i) => i);

const handlers = numbers.map((n) => `  h${n}: crud(${n}),`);

const code = numbers.map(
  (n) => `  h${n}: {
    access: { create: 'admin', read: 'public', update: 'admin', delete: 'admin' },
    create: (_ctx, things) => things,
    read: (_ctx, queries) => queries.map((query) => ({ ...thing, name: query.text ?? '' })),
    update: (_ctx, changes) => changes.map(({ id }) => ({ ...thing, id })),
    delete: (_ctx, ids) => void ids.map((id) => id.length),
  },`,
);

export const sixtyHandlers = `
import { bool, contract, date, f64, handler, type Infer, int, list, optional, shape, string, struct, symbol, u8, unixid } from 'crudp';
import { crudpClient, memoryStorage } from 'crudp/client';
import { implement } from 'crudp/server';

const Thing = shape({
  id: unixid(),
  name: string(),
  kind: symbol(),
  size: int(),
  price: f64(),
  active: bool(),
  at: date(),
  tags: list(symbol()),
  lines: list(struct({ sku: string(), qty: u8(), price: f64() })),
  note: optional(string()),
});
const thing: Infer<typeof Thing> =
  { id: '1', name: '', kind: '', size: 1, price: 1, active: true, at: new Date(0), tags: [], lines: [] };
const Query = shape({ text: optional(string()), limit: optional(u8()) });
const crud = (number: number) =>
  handler(number, {
    create: { in: Thing, out: Thing },
    read: { in: Query, out: Thing },
    update: { in: Thing.partial({ except: ['id'] }), out: Thing },
    delete: { in: unixid() },
  });

export const app = contract({ version: 1, errors: { taken: 256 } }, {
${handlers.join('\n')}
});

export const code = implement(app, {
${code.join('\n')}
});

const client = crudpClient(app, { url: '/api', user: 'ana', storage: memoryStorage() });
export async function use(): Promise<string[]> {
  const [first] = await client.h0.read({ text: 'x' }).result;
  const made = await client.h59.create([thing]).result;
  // @ts-expect-error there is no handler 60
  client.h60;
  // @ts-expect-error price is a number
  client.h30.update({ id: '1', price: '1' });
  return [first?.name ?? '', ...made.map((m) => m.id)];
}
`;
