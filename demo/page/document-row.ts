import type { Document } from '../contract.ts';
import { h, setText } from './element.ts';
import { fileSize, megabytes } from './format.ts';
import type { RowElement } from './keyed-list.ts';
import { refusalNote, stateBadge } from './row-parts.ts';
import type { Store } from './state.ts';
import type { Seen } from './view.ts';

/** A document, and while its file is on its way, how far that is. */
export function documentRow(store: Store): RowElement<Seen<Document>> {
  let row: Seen<Document>;
  const title = h('strong');
  const facts = h('span', { class: 'detail' });
  const badge = stateBadge();
  const bar = h('progress', { max: '1' });
  const amount = h('span', { class: 'detail' });
  const progress = h('div', { class: 'progress' }, bar, amount);
  const remove = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => store.deleteDocument(row.record) },
    'Delete',
  );
  const note = refusalNote({ onDismiss: (refusal) => store.dismiss(refusal) });
  const element = h(
    'li',
    { class: 'row' },
    h(
      'div',
      { class: 'row-line' },
      h('div', { class: 'row-main' }, title, facts),
      badge.element,
      h('div', { class: 'row-actions' }, remove),
    ),
    progress,
    note.element,
  );
  return {
    element,
    update(next) {
      row = next;
      const { record, state, leaving, progress: sent } = next;
      element.dataset.state = state;
      element.toggleAttribute('data-leaving', leaving);
      setText(title, record.title);
      setText(facts, `${record.name} · ${fileSize(record.size)}`);
      progress.hidden = sent === undefined;
      if (sent) {
        bar.value = sent.total === 0 ? 0 : sent.bytes / sent.total;
        bar.setAttribute('aria-label', `Upload of ${record.title}`);
        setText(amount, `${megabytes(sent.bytes)} of ${megabytes(sent.total)}`);
      }
      remove.setAttribute('aria-label', `Delete ${record.title}`);
      remove.hidden = leaving || state !== 'saved';
      badge.update(next);
      note.update(next.refusal);
    },
  };
}
