import { h, setText } from './element.ts';
import type { Refusal, Seen } from './view.ts';
import { stateWords, uploading } from './words.ts';

/** The word for a row's state, with a mark that is not only a colour. */
export function stateBadge(): { readonly element: HTMLElement; update(row: Seen<unknown>): void } {
  const text = h('span');
  const element = h('span', { class: 'badge' }, h('span', { class: 'mark', 'aria-hidden': 'true' }), text);
  return {
    element,
    update({ state, leaving, progress }) {
      element.dataset.state = state;
      // The packet is safe, its file is not yet.
      const words = state === 'accepted' && progress && progress.bytes < progress.total ? uploading : stateWords[state];
      setText(text, leaving ? `To be deleted · ${words.toLowerCase()}` : words);
      element.hidden = state === 'saved';
    },
  };
}

export interface RefusalNoteOptions {
  /** Absent: there is nothing to be tried again. */
  readonly onEdit?: (refusal: Refusal) => void;
  readonly onDismiss: (refusal: Refusal) => void;
}

/** Why a change came to nothing, at the row that it was about, and what can be done now. */
export function refusalNote({ onEdit, onDismiss }: RefusalNoteOptions): {
  readonly element: HTMLElement;
  update(refusal: Refusal | undefined): void;
} {
  let current: Refusal | undefined;
  const reason = h('p');
  const edit = h('button', { type: 'button', onclick: () => current && onEdit?.(current) }, 'Edit and try again');
  const dismiss = h('button', { type: 'button', onclick: () => current && onDismiss(current) }, 'Dismiss');
  const element = h('div', { class: 'refusal', hidden: true }, reason, h('div', { class: 'actions' }, edit, dismiss));
  return {
    element,
    update(refusal) {
      current = refusal;
      element.hidden = refusal === undefined;
      if (!refusal) return;
      setText(reason, refusal.reason);
      edit.hidden = refusal.action === 'delete' || !onEdit;
    },
  };
}
