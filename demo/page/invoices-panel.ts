import { h, setText } from './element.ts';
import { counted } from './format.ts';
import { invoiceForm } from './invoice-form.ts';
import { invoiceRow } from './invoice-row.ts';
import { keyedList } from './keyed-list.ts';
import type { Store } from './state.ts';
import { unloadedText } from './words.ts';

export function invoicesPanel(store: Store): HTMLElement {
  const heading = h('h2', { id: 'invoices-heading', tabindex: '-1' }, 'Invoices');
  const count = h('span', { class: 'count' });
  const list = h('ul', { class: 'rows', 'aria-labelledby': 'invoices-heading' });
  const empty = h('p', { class: 'empty' });
  const place = h('div');
  const create = h('button', { type: 'button', class: 'quiet', onclick: open }, 'New invoice');
  const showRows = keyedList(
    list,
    ({ record }) => record.id,
    () => invoiceRow(store),
    heading,
  );

  function open(): void {
    const form = invoiceForm({
      label: 'New invoice',
      submit: 'Add invoice',
      clients: store.state.clients,
      onSubmit(values) {
        store.addInvoice(values);
        close();
      },
      onCancel: close,
    });
    place.replaceChildren(form);
    create.hidden = true;
    form.querySelector('select')?.focus();
  }

  function close(): void {
    place.replaceChildren();
    create.hidden = false;
    create.focus();
  }

  const update = (): void => {
    const { clients, invoices, isLoaded } = store.state;
    const hasClients = clients.some(({ state, leaving }) => state !== 'refused' && !leaving);
    create.disabled = !hasClients;
    setText(count, counted(invoices.length, 'invoice'));
    const why = hasClients ? 'No invoices yet.' : 'Add a client first, then an invoice.';
    setText(empty, isLoaded || hasClients ? why : unloadedText(store.state));
    empty.hidden = invoices.length > 0;
    // Those without a number yet are the newest.
    showRows(
      [...invoices].sort(
        (a, b) => (b.record.number || Number.POSITIVE_INFINITY) - (a.record.number || Number.POSITIVE_INFINITY) || 0,
      ),
    );
  };
  store.subscribe(update);
  update();
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'invoices-heading' },
    h('header', { class: 'card-head' }, heading, count, create),
    place,
    empty,
    list,
  );
}
