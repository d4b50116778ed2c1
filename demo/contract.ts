import {
  contract,
  enumOf,
  f64,
  file,
  handler,
  type Infer,
  type InferSend,
  int,
  list,
  optional,
  shape,
  string,
  struct,
  symbol,
  u32,
  unixid,
} from 'crudp';

const line = struct({ text: string(), quantity: f64(), unitCents: int() });
const status = enumOf('draft', 'sent', 'paid');

export const NewClient = shape({ id: unixid(), name: string(), email: string(), phone: optional(string()) });
/** `revision` rises with each change. In an update it is the one that the change was made on. */
export const Client = shape({
  id: unixid(),
  name: string(),
  email: string(),
  phone: optional(string()),
  revision: u32(),
});

export const NewInvoice = shape({ id: unixid(), client: unixid(), status, lines: list(line) });
/** `number` is the server's to give: two devices that are offline can't agree on the next one. */
export const Invoice = shape({
  id: unixid(),
  client: unixid(),
  status,
  lines: list(line),
  number: u32(),
  revision: u32(),
});

export const NewDocument = shape({ id: unixid(), title: string(), scan: file() });
/** `sha256` of the file's content, in hex digits. A document never changes: its revision is 1. */
export const Document = shape({
  id: unixid(),
  title: string(),
  name: string(),
  type: symbol(),
  size: int(),
  sha256: string(),
  revision: u32(),
});

export type NewClient = Infer<typeof NewClient>;
export type Client = Infer<typeof Client>;
export type NewInvoice = Infer<typeof NewInvoice>;
export type Invoice = Infer<typeof Invoice>;
export type NewDocument = InferSend<typeof NewDocument>;
export type Document = Infer<typeof Document>;
export type InvoiceLine = Invoice['lines'][number];

const everything = shape({ text: optional(string()) });

export const app = contract(
  { version: 2, errors: { email_taken: 256, client_has_invoices: 257, client_missing: 258 } },
  {
    clients: handler(1, {
      create: { in: NewClient, out: Client },
      read: { in: everything, out: Client },
      update: { in: Client, out: Client },
      delete: { in: unixid(), out: unixid() },
    }),
    invoices: handler(2, {
      create: { in: NewInvoice, out: Invoice },
      read: { in: everything, out: Invoice },
      update: { in: Invoice, out: Invoice },
      delete: { in: unixid(), out: unixid() },
    }),
    documents: handler(3, {
      create: { in: NewDocument, out: Document },
      read: { in: everything, out: Document },
      delete: { in: unixid(), out: unixid() },
    }),
  },
);

export type App = typeof app;

/** `clients.create` for a route's number. */
export function actionName(route: number): string {
  const spec = app.routes.get(route);
  return spec ? `${spec.handler}.${spec.action}` : `route ${route}`;
}
