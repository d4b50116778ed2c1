import { h, setText } from './element.ts';
import { counted } from './format.ts';
import type { Link, State, Store } from './state.ts';

/** Who I am, whether the page may use the network, and whether all is saved. */
export function topBar(store: Store): HTMLElement {
  const status = h('p', { class: 'link-status', role: 'status' });
  const mark = h('span', { class: 'mark', 'aria-hidden': 'true' });
  const toggle = h(
    'button',
    {
      type: 'button',
      role: 'switch',
      class: 'switch',
      onclick: () => store.setOnline(store.state.link === 'switched_off'),
    },
    h('span', { class: 'track', 'aria-hidden': 'true' }),
    'Work offline',
  );
  const signOut = h('button', { type: 'button', class: 'quiet', onclick: leave }, 'Sign out');
  const signInAgain = h('button', { type: 'button', class: 'primary', onclick: () => location.reload() }, 'Sign in');

  function leave(): void {
    const { me, state } = store;
    const waiting = counted(state.waitingCount, 'change');
    const question = `${waiting} not sent yet. They stay on this device until ${me.name} signs in here again.`;
    if (state.waitingCount === 0 || confirm(question)) void store.signOut();
  }

  const update = (): void => {
    const { link } = store.state;
    toggle.setAttribute('aria-checked', String(link === 'switched_off'));
    mark.dataset.link = link;
    signInAgain.hidden = link !== 'signed_out';
    setText(status, statusText(store.state));
  };
  store.subscribe(update);
  update();
  return h(
    'header',
    { class: 'top' },
    h('div', { class: 'brand' }, h('h1', {}, 'CRUDP'), h('span', { class: 'detail' }, 'Clients and invoices, a demo')),
    h('div', { class: 'link' }, mark, status, signInAgain),
    toggle,
    h(
      'div',
      { class: 'person' },
      h('span', {}, store.me.name, h('span', { class: 'role' }, `, ${store.me.role}`)),
      signOut,
    ),
  );
}

const linkTexts: Readonly<Record<Link, string>> = {
  online: 'Online',
  connecting: 'Connecting',
  offline: 'The server can’t be reached',
  switched_off: 'Offline',
  held: 'The server can’t take changes just now',
  signed_out: 'Signed out: sign in again to go on',
};

function statusText({ link, waitingCount }: State): string {
  if (waitingCount === 0) return `${linkTexts[link]}. All changes are saved.`;
  const where = link === 'online' ? 'on the way' : 'waiting on this device';
  return `${linkTexts[link]}. ${counted(waitingCount, 'change')} ${where}.`;
}
