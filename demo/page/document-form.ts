import type { NewDocument } from '../contract.ts';
import { h } from './element.ts';
import { inputField } from './fields.ts';

/** Emptied after it was sent, with the keyboard in its first field. */
export function documentForm(onSubmit: (draft: Omit<NewDocument, 'id'>) => void): HTMLFormElement {
  const title = inputField('Title', { name: 'title', required: true, maxlength: '80', pattern: '.*\\S.*' });
  const scan = inputField('File', { name: 'scan', type: 'file', required: true });
  const form = h(
    'form',
    { class: 'client-form', 'aria-label': 'Add a document' },
    title.element,
    scan.element,
    h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'primary' }, 'Add document')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const [file] = scan.control.files ?? [];
    if (!file) return;
    onSubmit({ title: title.control.value.trim(), scan: file });
    form.reset();
    title.control.focus();
  });
  return form;
}
