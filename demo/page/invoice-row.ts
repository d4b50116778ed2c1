import type { Invoice } from '../contract.ts';
import { h, setText } from './element.ts';
import { counted, money, totalCents } from './format.ts';
import { invoiceForm } from './invoice-form.ts';
import type { RowElement } from './keyed-list.ts';
import { refusalNote, stateBadge } from './row-parts.ts';
import type { Store } from './state.ts';
import { nameOf } from './titles.ts';
import type { Refusal, Seen } from './view.ts';

export function invoiceRow(store: Store): RowElement<Seen<Invoice>> {
  let row: Seen<Invoice>;
  let editor: HTMLFormElement | undefined;
  const title = h('strong');
  const detail = h('span', { class: 'detail' });
  const amount = h('span', { class: 'amount' });
  const status = h('span', { class: 'status' });
  const badge = stateBadge();
  const edit = h('button', { type: 'button', class: 'quiet', onclick: () => open(row.record) }, 'Edit');
  const remove = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => store.deleteInvoice(row.record) },
    'Delete',
  );
  const note = refusalNote({ onEdit: editAgain, onDismiss: (refusal) => store.dismiss(refusal) });
  const shown = h(
    'div',
    { class: 'row-line' },
    h('div', { class: 'row-main' }, title, detail),
    status,
    amount,
    badge.element,
    h('div', { class: 'row-actions' }, edit, remove),
  );
  const element = h('li', { class: 'row' }, shown, note.element);

  function open(values: Invoice, refusal?: Refusal): void {
    // As it was when the editing began: a change that somebody else makes meanwhile is a conflict, not overwritten.
    const before = row.record;
    editor = invoiceForm({
      label: `Edit ${nameOf(before)}`,
      submit: 'Save',
      values,
      clients: store.state.clients,
      onSubmit(changed) {
        if (refusal) store.dismiss(refusal);
        if (row.state === 'refused') store.addInvoice(changed);
        else store.changeInvoice({ ...before, ...changed });
        close();
      },
      onCancel: close,
    });
    shown.hidden = true;
    element.prepend(editor);
    editor.querySelector('select')?.focus();
  }

  function close(): void {
    editor?.remove();
    editor = undefined;
    shown.hidden = false;
    edit.focus();
  }

  function editAgain(refusal: Refusal): void {
    editor?.remove();
    open({ ...row.record, ...(refusal.wished as Invoice) }, refusal);
  }

  return {
    element,
    update(next) {
      row = next;
      const { record, state, leaving } = next;
      element.dataset.state = state;
      element.toggleAttribute('data-leaving', leaving);
      setText(title, nameOf(record));
      setText(detail, `${clientName(store, record.client)} · ${counted(record.lines.length, 'line')}`);
      setText(amount, money(totalCents(record.lines)));
      setText(status, record.status);
      status.dataset.status = record.status;
      edit.setAttribute('aria-label', `Edit ${nameOf(record)}`);
      remove.setAttribute('aria-label', `Delete ${nameOf(record)}`);
      edit.hidden = leaving || state === 'refused';
      remove.hidden = leaving || state === 'refused';
      badge.update(next);
      note.update(next.refusal);
    },
  };
}

function clientName(store: Store, id: string): string {
  return store.state.clients.find(({ record }) => record.id === id)?.record.name ?? 'Unknown client';
}
