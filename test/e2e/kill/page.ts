// The page of kill.test.ts: enqueues numbers until it is killed, or brings home what earlier lives of the browser left.
import { crudpClient, indexedDbStorage } from '../../../src/client.ts';
import { app } from './contract.ts';

const query = new URLSearchParams(location.search);
const life = Number(query.get('life'));
/** How many packets are being saved at the same time. */
const WIDTH = 4;

const client = crudpClient(app, {
  url: '/api',
  user: 'ana',
  storage: indexedDbStorage('kill'),
  online: query.get('online') !== 'false',
});

client.marks.on('create', (event) => {
  if (event.kind !== 'confirmed' && event.kind !== 'rejected') return;
  // Synchronous: the server has heard it before this handler returns, or it is heard again in the next life.
  for (const { n } of event.records) {
    const request = new XMLHttpRequest();
    request.open('POST', `/${event.kind}?n=${n}&life=${life}`, false);
    request.send();
  }
});

client.outbox.subscribe(() => {
  if (query.get('enqueue') === 'true') return;
  if (client.outbox.getSnapshot().count === 0) void fetch('/empty', { method: 'POST' });
});

async function enqueue(first: number): Promise<void> {
  for (let n = first; ; n += WIDTH) {
    await client.marks.create({ n }).saved;
    await fetch(`/saved?n=${n}`, { method: 'POST' });
  }
}

if (query.get('enqueue') === 'true') {
  for (let lane = 0; lane < WIDTH; lane++) void enqueue(life * 1_000_000 + lane);
}
