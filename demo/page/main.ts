import { clientsPanel } from './clients-panel.ts';
import { documentsPanel } from './documents-panel.ts';
import { h } from './element.ts';
import { framePanel } from './frame-panel.ts';
import { invoicesPanel } from './invoices-panel.ts';
import { queuePanel } from './queue-panel.ts';
import { refusalSpeaker } from './refusal-speaker.ts';
import { signIn } from './sign-in.ts';
import type { Me } from './state.ts';
import { createStore } from './store.ts';
import { topBar } from './top-bar.ts';

async function start(): Promise<void> {
  const me = await whoAmI();
  document.body.replaceChildren(...(me ? pageOf(me) : [signIn(() => void start())]));
  if (!me) document.querySelector('input')?.focus();
}

/** Null where nobody has signed in, or the server can't say. */
async function whoAmI(): Promise<Me | null> {
  try {
    const response = await fetch('/session');
    return ((await response.json()) as { me: Me | null }).me;
  } catch {
    return null;
  }
}

function pageOf(me: Me): HTMLElement[] {
  const store = createStore(me);
  return [
    topBar(store),
    h(
      'main',
      { class: 'page' },
      h('div', { class: 'column' }, clientsPanel(store), invoicesPanel(store), documentsPanel(store)),
      h('div', { class: 'column' }, queuePanel(store), framePanel(store)),
    ),
    refusalSpeaker(store),
  ];
}

void start();
