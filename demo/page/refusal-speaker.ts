import { h, setText } from './element.ts';
import type { Store } from './state.ts';
import { nameOf } from './titles.ts';

/** Says aloud what was refused: its row may be far from where the person is by then. Unseen; the row shows it too. */
export function refusalSpeaker(store: Store): HTMLElement {
  const element = h('div', { class: 'unseen', role: 'alert' });
  const spoken = new Set<string>();
  const update = (): void => {
    const rows = [...store.state.clients, ...store.state.invoices];
    for (const { record, refusal } of rows) {
      if (!refusal || spoken.has(refusal.reqId)) continue;
      spoken.add(refusal.reqId);
      setText(element, `${nameOf(record)}: ${refusal.reason}`);
    }
  };
  store.subscribe(update);
  update();
  return element;
}
