import { documentForm } from './document-form.ts';
import { documentRow } from './document-row.ts';
import { h, setText } from './element.ts';
import { counted } from './format.ts';
import { keyedList } from './keyed-list.ts';
import type { Store } from './state.ts';
import { unloadedText } from './words.ts';

export function documentsPanel(store: Store): HTMLElement {
  const heading = h('h2', { id: 'documents-heading', tabindex: '-1' }, 'Documents');
  const count = h('span', { class: 'count' });
  const list = h('ul', { class: 'rows', 'aria-labelledby': 'documents-heading' });
  const empty = h('p', { class: 'empty' });
  const showRows = keyedList(
    list,
    ({ record }) => record.id,
    () => documentRow(store),
    heading,
  );

  const update = (): void => {
    const { documents, isLoaded } = store.state;
    setText(count, counted(documents.length, 'document'));
    setText(empty, isLoaded ? 'No documents yet.' : unloadedText(store.state));
    empty.hidden = documents.length > 0;
    showRows([...documents].sort((a, b) => a.record.title.localeCompare(b.record.title)));
  };
  store.subscribe(update);
  update();
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'documents-heading' },
    h('header', { class: 'card-head' }, heading, count),
    documentForm((draft) => store.addDocument(draft)),
    empty,
    list,
  );
}
