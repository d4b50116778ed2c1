import type { NewClient } from '../contract.ts';
import { h } from './element.ts';
import { inputField } from './fields.ts';

export type ClientValues = Omit<NewClient, 'id'>;

export interface ClientFormOptions {
  /** What it is for: `Add a client`. */
  readonly label: string;
  readonly submit: string;
  readonly values?: ClientValues;
  onSubmit(values: ClientValues): void;
  onCancel?(): void;
}

/** For a new client or a change. Emptied after it was sent, with the keyboard in its first field. */
export function clientForm({ label, submit, values, onSubmit, onCancel }: ClientFormOptions): HTMLFormElement {
  const name = inputField('Name', { name: 'name', required: true, maxlength: '80', pattern: '.*\\S.*' }, values?.name);
  const email = inputField('E-mail', { name: 'email', type: 'email', required: true, maxlength: '120' }, values?.email);
  const phone = inputField('Phone (optional)', { name: 'phone', type: 'tel', maxlength: '30' }, values?.phone);
  const form = h(
    'form',
    { class: 'client-form', 'aria-label': label },
    name.element,
    email.element,
    phone.element,
    h(
      'div',
      { class: 'actions' },
      h('button', { type: 'submit', class: 'primary' }, submit),
      onCancel && h('button', { type: 'button', onclick: onCancel }, 'Cancel'),
    ),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const number = phone.control.value.trim();
    const sent = { name: name.control.value.trim(), email: email.control.value.trim() };
    form.reset();
    name.control.focus();
    onSubmit(number === '' ? sent : { ...sent, phone: number });
  });
  return form;
}
