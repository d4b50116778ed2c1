import type { Client } from '../contract.ts';
import { clientForm } from './client-form.ts';
import { h, setText } from './element.ts';
import type { RowElement } from './keyed-list.ts';
import { refusalNote, stateBadge } from './row-parts.ts';
import type { Store } from './state.ts';
import type { Refusal, Seen } from './view.ts';

/** A client: shown, or being edited. What happens to the record meanwhile does not disturb who is typing. */
export function clientRow(store: Store): RowElement<Seen<Client>> {
  let row: Seen<Client>;
  let editor: HTMLFormElement | undefined;
  const name = h('strong');
  const contact = h('span', { class: 'detail' });
  const badge = stateBadge();
  const edit = h('button', { type: 'button', class: 'quiet', onclick: () => open(row.record) }, 'Edit');
  const remove = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => store.deleteClient(row.record) },
    'Delete',
  );
  const note = refusalNote({ onEdit: editAgain, onDismiss: (refusal) => store.dismiss(refusal) });
  const shown = h(
    'div',
    { class: 'row-line' },
    h('div', { class: 'row-main' }, name, contact),
    badge.element,
    h('div', { class: 'row-actions' }, edit, remove),
  );
  const element = h('li', { class: 'row' }, shown, note.element);

  function open(values: Client, refusal?: Refusal): void {
    // As it was when the editing began: a change that somebody else makes meanwhile is a conflict, not overwritten.
    const { id, name: before, revision } = row.record;
    editor = clientForm({
      label: `Edit ${before}`,
      submit: 'Save',
      values,
      onSubmit(changed) {
        if (refusal) store.dismiss(refusal);
        // A refused create left nothing behind that could be changed.
        if (row.state === 'refused') store.addClients([changed]);
        else store.changeClient({ ...changed, id, revision });
        close();
      },
      onCancel: close,
    });
    shown.hidden = true;
    element.prepend(editor);
    editor.querySelector('input')?.focus();
  }

  function close(): void {
    editor?.remove();
    editor = undefined;
    shown.hidden = false;
    edit.focus();
  }

  function editAgain(refusal: Refusal): void {
    editor?.remove();
    open({ ...row.record, ...(refusal.wished as Client) }, refusal);
  }

  return {
    element,
    update(next) {
      row = next;
      const { record, state, leaving } = next;
      element.dataset.state = state;
      element.toggleAttribute('data-leaving', leaving);
      setText(name, record.name);
      setText(contact, [record.email, record.phone].filter(Boolean).join(' · '));
      edit.setAttribute('aria-label', `Edit ${record.name}`);
      remove.setAttribute('aria-label', `Delete ${record.name}`);
      edit.hidden = leaving || state === 'refused';
      remove.hidden = leaving || state === 'refused';
      badge.update(next);
      note.update(next.refusal);
    },
  };
}
