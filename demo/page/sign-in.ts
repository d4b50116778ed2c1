import type { Role } from '../roles.ts';
import { h } from './element.ts';
import { inputField } from './fields.ts';

const explained: Readonly<Record<Role, string>> = {
  bookkeeper: 'may do everything',
  assistant: 'may not delete, nor change what is paid',
};

/** Asks who is there. @param onDone Called once the server has set its cookie. */
export function signIn(onDone: () => void): HTMLElement {
  const name = inputField('Your name', { name: 'name', required: true, maxlength: '40', autocomplete: 'nickname' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const roles = (['bookkeeper', 'assistant'] as const).map((role, index) => {
    const input = h('input', { type: 'radio', name: 'role', value: role, id: `role-${role}` });
    input.checked = index === 0;
    return h(
      'label',
      { for: input.id, class: 'choice' },
      input,
      h('span', {}, h('strong', {}, role), ` ${explained[role]}`),
    );
  });
  const form = h(
    'form',
    { 'aria-labelledby': 'sign-in-heading' },
    name.element,
    h('fieldset', {}, h('legend', {}, 'You are'), ...roles),
    problem,
    h('button', { type: 'submit', class: 'primary' }, 'Start'),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const role = new FormData(form).get('role');
    problem.textContent = '';
    try {
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify({ name: name.control.value, role });
      const response = await fetch('/session', { method: 'POST', headers, body });
      if (response.ok) onDone();
      else problem.textContent = 'Please choose another name: up to 40 letters.';
    } catch {
      problem.textContent = 'The server can’t be reached. To start, you have to be online once.';
    }
  });
  return h(
    'main',
    { class: 'sign-in card' },
    h('h1', { id: 'sign-in-heading' }, 'CRUDP demo'),
    h('p', {}, 'Clients and invoices that you can go on writing without a network.'),
    h(
      'p',
      { class: 'detail' },
      'This is a demo: there is no password, anybody may take any name, and everybody who signs in sees what you write.',
    ),
    form,
  );
}
