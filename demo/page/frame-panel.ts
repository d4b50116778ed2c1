import { actionName, app } from '../contract.ts';
import { inspect, type Span } from '../inspector.ts';
import { h, setText } from './element.ts';
import { counted } from './format.ts';
import { hexView } from './hex-view.ts';
import type { Frames, Store } from './state.ts';

type Side = keyof Frames;

/** The last frame that went each way, taken apart. */
export function framePanel(store: Store): HTMLElement {
  let side: Side = 'sent';
  let shown: Uint8Array | undefined;
  const facts = h('p', { class: 'detail' });
  const empty = h('p', { class: 'empty' }, 'No frame has gone this way since the page was opened.');
  const view = hexView();

  const choices = (['sent', 'received'] as const).map((value) => {
    const input = h('input', { type: 'radio', name: 'frame-side', id: `frame-${value}`, value });
    input.checked = value === side;
    input.addEventListener('change', () => {
      side = value;
      update();
    });
    return h('label', { for: input.id }, input, h('span', {}, value === 'sent' ? 'Sent' : 'Received'));
  });

  const update = (): void => {
    const frame = store.state.frames[side];
    if (frame === shown && frame !== undefined) return;
    shown = frame;
    empty.hidden = frame !== undefined;
    view.element.hidden = frame === undefined;
    setText(facts, '');
    if (!frame) return;
    const spans = inspect(frame, app, actionName);
    setText(facts, factsOf(frame, spans));
    view.show(frame, spans);
  };
  store.subscribe(update);
  update();
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'frame-heading' },
    h(
      'header',
      { class: 'card-head' },
      h('h2', { id: 'frame-heading' }, 'Last frame'),
      h('fieldset', { class: 'switcher' }, h('legend', { class: 'unseen' }, 'Which frame'), ...choices),
    ),
    facts,
    empty,
    view.element,
  );
}

function factsOf(frame: Uint8Array, spans: readonly Span[]): string {
  const said = (label: string) => spans.find((span) => span.label === label)?.value;
  const kind = said('kind')?.split(',')[0] ?? 'frame';
  return `A ${kind} of ${counted(Number(said('count') ?? 0), 'packet')} in ${counted(frame.length, 'byte')}.`;
}
