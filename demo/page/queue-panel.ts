import { h, setText } from './element.ts';
import { duration, timeOfDay } from './format.ts';
import { keyedList, type RowElement } from './keyed-list.ts';
import type { Journey, Store } from './state.ts';

/** The journey of each packet: saved here, sent, safe on the server, done. */
export function queuePanel(store: Store): HTMLElement {
  const heading = h('h2', { id: 'queue-heading', tabindex: '-1' }, 'Packets');
  const count = h('span', { class: 'count' });
  const list = h('ol', { class: 'journeys', tabindex: '0', 'aria-labelledby': 'queue-heading' });
  const empty = h('p', { class: 'empty' }, 'Each change you make becomes a packet, and its way is shown here.');
  const show = keyedList(list, ({ reqId }) => reqId, journeyRow, heading);

  const update = (): void => {
    const { journeys, waitingCount } = store.state;
    setText(count, waitingCount === 0 ? 'none waiting' : `${waitingCount} waiting`);
    count.toggleAttribute('data-busy', waitingCount > 0);
    empty.hidden = journeys.length > 0;
    show(journeys);
  };
  store.subscribe(update);
  update();
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'queue-heading' },
    h('header', { class: 'card-head' }, heading, count),
    empty,
    list,
  );
}

const stateTexts: Readonly<Record<Journey['state'], string>> = {
  queued: 'Queued',
  sent: 'Sent',
  accepted: 'Accepted',
  parked: 'Not understood',
  done: 'Done',
  refused: 'Refused',
};
/** How far along its way a packet is; the way has three stations. */
const stations: Readonly<Record<Journey['state'], number>> = {
  queued: 0,
  sent: 1,
  accepted: 2,
  parked: 3,
  done: 3,
  refused: 3,
};

function journeyRow(): RowElement<Journey> {
  const title = h('span', { class: 'journey-title' });
  const facts = h('span', { class: 'detail' });
  const state = h('span', { class: 'journey-state' });
  const way = h('span', { class: 'way', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));
  const element = h('li', { class: 'journey' }, title, state, facts, way);
  return {
    element,
    update(journey) {
      element.dataset.state = journey.state;
      element.dataset.reqId = journey.reqId;
      element.title = `ReqID ${journey.reqId}`;
      way.dataset.station = String(stations[journey.state]);
      setText(title, journey.title);
      setText(state, stateTexts[journey.state]);
      setText(facts, factsOf(journey));
    },
  };
}

function factsOf({ reqId, savedAt, sentAt, endedAt }: Journey): string {
  const number = `#${reqId.slice(reqId.indexOf('.') + 1)}`;
  if (endedAt !== undefined && sentAt !== undefined) return `${number} · round trip ${duration(endedAt - sentAt)}`;
  if (savedAt !== undefined) return `${number} · saved ${timeOfDay(savedAt)}`;
  return number;
}
