import { actionName, app } from '../contract.ts';
import { inspect } from '../inspector.ts';
import { h, setText } from './element.ts';
import { selectField, setOptions } from './fields.ts';
import type { SeenFrame } from './frame-log.ts';
import { hexView } from './hex-view.ts';
import { jsonSize } from './json-size.ts';
import type { Store } from './state.ts';

const newest = 'newest';

/** The last frames that went over the network, taken apart. Shows the newest of the person's changes, unless one is chosen. */
export function framePanel(store: Store): HTMLElement {
  let shown: SeenFrame | undefined;
  const choice = selectField('Which frame');
  choice.element.querySelector('label')?.classList.add('unseen');
  const facts = h('p', { class: 'detail' });
  const empty = h('p', { class: 'empty' });
  const view = hexView();

  const update = (): void => {
    const { frames, isSender } = store.state;
    setOptions(choice.control, [
      [newest, 'The newest of my changes'],
      ...frames.map(({ id, title }) => [String(id), title] as const),
    ]);
    setText(empty, isSender ? 'None yet since this page was opened.' : 'Another tab of yours does the sending.');
    const chosen = frames.find(({ id }) => String(id) === choice.control.value);
    const seen = chosen ?? tellingOf(frames);
    empty.hidden = seen !== undefined;
    choice.element.hidden = seen === undefined;
    facts.hidden = seen === undefined;
    view.element.hidden = seen === undefined;
    if (seen === undefined || seen === shown) return;
    shown = seen;
    setText(facts, factsOf(seen));
    view.show(seen.frame, inspect(seen.frame, app, actionName));
  };
  choice.control.addEventListener('change', update);
  // Who goes through a frame keeps it, whatever is sent meanwhile.
  const pin = (): void => {
    if (shown && choice.control.value === newest) choice.control.value = String(shown.id);
  };
  view.element.addEventListener('keydown', pin);
  view.element.addEventListener('click', pin);
  store.subscribe(update);
  update();
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'frame-heading' },
    h('header', { class: 'card-head' }, h('h2', { id: 'frame-heading' }, 'Frames')),
    empty,
    choice.element,
    facts,
    view.element,
  );
}

function tellingOf(frames: readonly SeenFrame[]): SeenFrame | undefined {
  const telling = frames.filter(({ isTelling }) => isTelling);
  return telling.find(({ direction }) => direction === 'sent') ?? telling[0] ?? frames[0];
}

function factsOf({ frame, title }: SeenFrame): string {
  const size = jsonSize(frame);
  return size === null ? `${title}.` : `${title}. The same as JSON: ${size}.`;
}
