import {
  bool,
  bytes,
  contract,
  f64,
  handler,
  int,
  list,
  optional,
  shape,
  string,
  struct,
  symbol,
  timestamp,
  u8,
  u16,
  unixid,
} from '../src/index.ts';

const person = {
  name: string(),
  email: string(),
  age: u8(),
  active: bool(),
  createdAt: timestamp(),
  balance: f64(),
  tags: list(symbol()),
};

const User = shape({ id: int(), ...person });
/** A user whose id was made by the client, offline. */
const Member = shape({ id: unixid(), ...person });
const Invoice = shape({
  id: int(),
  clientId: int(),
  number: string(),
  lines: list(struct({ sku: string(), qty: u16(), price: f64() })),
  note: optional(string()),
  total: f64(),
});
const Scan = shape({ name: string(), content: bytes() });

/** What the workloads of fixtures.ts are written in. */
export const app = contract(
  { version: 1, errors: { email_taken: 256 } },
  {
    users: handler(1, {
      create: { in: User, out: User },
      read: { out: User },
      update: { in: User, out: User },
      delete: {},
    }),
    invoices: handler(2, { create: { in: Invoice, out: Invoice } }),
    scans: handler(3, { create: { in: Scan } }),
    members: handler(4, { create: { in: Member } }),
  },
);
