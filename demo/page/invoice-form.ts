import type { Client, InvoiceLine, NewInvoice } from '../contract.ts';
import { h, setText } from './element.ts';
import { inputField, selectField, setOptions } from './fields.ts';
import { money, totalCents } from './format.ts';
import type { Seen } from './view.ts';

export type InvoiceValues = Omit<NewInvoice, 'id'>;

export interface InvoiceFormOptions {
  readonly label: string;
  readonly submit: string;
  readonly values?: InvoiceValues;
  readonly clients: readonly Seen<Client>[];
  onSubmit(values: InvoiceValues): void;
  onCancel(): void;
}

const statuses = [
  ['draft', 'Draft'],
  ['sent', 'Sent'],
  ['paid', 'Paid'],
] as const;

/** For a new invoice or a change: whose, how far, and its lines. */
export function invoiceForm(options: InvoiceFormOptions): HTMLFormElement {
  const { label, submit, values, clients, onSubmit, onCancel } = options;
  const client = selectField('Client', { name: 'client', required: true });
  setOptions(client.control, [
    ['', 'Choose…'],
    ...clients.filter(isChoosable).map(({ record }) => [record.id, record.name] as const),
  ]);
  client.control.value = values?.client ?? '';
  // One that is not in the list is chosen anew; without this the control would show nothing at all.
  if (client.control.selectedIndex < 0) client.control.value = '';
  const status = selectField('Status', { name: 'status' });
  setOptions(status.control, statuses);
  status.control.value = values?.status ?? 'draft';

  const total = h('output', { class: 'total' });
  const list = h('ol', { class: 'lines' });
  const lines = new Set<LineFields>();
  const showTotal = () => setText(total, `Total ${money(totalCents([...lines].map((line) => line.read())))}`);
  const addLine = (line?: InvoiceLine): LineFields => {
    const fields = lineFields(line, () => {
      lines.delete(fields);
      fields.element.remove();
      if (lines.size === 0) addLine();
      [...lines].at(-1)?.text.focus();
      showTotal();
    });
    lines.add(fields);
    list.append(fields.element);
    return fields;
  };
  for (const line of values?.lines ?? []) addLine(line);
  if (lines.size === 0) addLine();

  const form = h(
    'form',
    { class: 'invoice-form', 'aria-label': label },
    h('div', { class: 'field-row' }, client.element, status.element),
    h('fieldset', {}, h('legend', {}, 'Lines'), list),
    h(
      'div',
      { class: 'line-foot' },
      h('button', { type: 'button', class: 'quiet', onclick: () => addLine().text.focus() }, 'Add a line'),
      total,
    ),
    h(
      'div',
      { class: 'actions' },
      h('button', { type: 'submit', class: 'primary' }, submit),
      h('button', { type: 'button', onclick: onCancel }, 'Cancel'),
    ),
  );
  form.addEventListener('input', showTotal);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    onSubmit({
      client: client.control.value,
      status: status.control.value as InvoiceValues['status'],
      lines: [...lines].map((line) => line.read()),
    });
  });
  showTotal();
  return form;
}

interface LineFields {
  readonly element: HTMLElement;
  readonly text: HTMLInputElement;
  read(): InvoiceLine;
}

function lineFields(line: InvoiceLine | undefined, onRemove: () => void): LineFields {
  const amount = { type: 'number', inputmode: 'decimal', required: true };
  const text = inputField('What for', { required: true, maxlength: '120' }, line?.text);
  const quantity = inputField(
    'Quantity',
    { ...amount, min: '0', max: '100000', step: '0.001' },
    String(line?.quantity ?? 1),
  );
  const price = inputField(
    'Price each, €',
    { ...amount, min: '-1000000', max: '1000000', step: '0.01' },
    line ? (line.unitCents / 100).toFixed(2) : '',
  );
  return {
    element: h(
      'li',
      {},
      text.element,
      quantity.element,
      price.element,
      h(
        'button',
        { type: 'button', class: 'quiet', onclick: onRemove },
        'Remove',
        h('span', { class: 'unseen' }, ' line'),
      ),
    ),
    text: text.control,
    read: () => ({
      text: text.control.value.trim(),
      quantity: quantity.control.valueAsNumber || 0,
      unitCents: Math.round((price.control.valueAsNumber || 0) * 100),
    }),
  };
}

/** Whoever is about to be deleted, or was refused, gets no new invoices. */
function isChoosable({ state, leaving }: Seen<Client>): boolean {
  return state !== 'refused' && !leaving;
}
