import { clientForm } from './client-form.ts';
import { clientRow } from './client-row.ts';
import { h, setText } from './element.ts';
import { exampleClients } from './examples.ts';
import { counted } from './format.ts';
import { keyedList } from './keyed-list.ts';
import type { Store } from './state.ts';
import { unloadedText } from './words.ts';

export function clientsPanel(store: Store): HTMLElement {
  const heading = h('h2', { id: 'clients-heading', tabindex: '-1' }, 'Clients');
  const count = h('span', { class: 'count' });
  const list = h('ul', { class: 'rows', 'aria-labelledby': 'clients-heading' });
  const empty = h('p', { class: 'empty' });
  const form = clientForm({
    label: 'Add a client',
    submit: 'Add client',
    onSubmit: (values) => store.addClients([values]),
  });
  const examples = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => store.addClients(exampleClients()) },
    'Add ten examples',
  );
  const showRows = keyedList(
    list,
    ({ record }) => record.id,
    () => clientRow(store),
    heading,
  );

  const update = (): void => {
    const { clients, isLoaded } = store.state;
    setText(count, counted(clients.length, 'client'));
    setText(empty, isLoaded ? 'No clients yet.' : unloadedText(store.state));
    empty.hidden = clients.length > 0;
    showRows([...clients].sort((a, b) => a.record.name.localeCompare(b.record.name)));
  };
  store.subscribe(update);
  update();
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'clients-heading' },
    h('header', { class: 'card-head' }, heading, count, examples),
    form,
    empty,
    list,
  );
}
