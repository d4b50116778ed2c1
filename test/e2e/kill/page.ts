// The page of kill.test.ts and tabs.test.ts: enqueues numbers, until it is killed or `count` are saved, and brings home what
// was saved before. Its title says whether it leads.
import { crudpClient, indexedDbStorage } from '../../../src/client.ts';
import { app } from './contract.ts';

const query = new URLSearchParams(location.search);
const life = Number(query.get('life'));
/** How many packets are being saved at the same time. */
const WIDTH = 4;
const count = Number(query.get('count') ?? Number.POSITIVE_INFINITY);
const first = life * 1_000_000;

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

let savedCount = 0;
client.outbox.subscribe(() => {
  const waiting = client.outbox.getSnapshot().count;
  document.body.dataset.waiting = String(waiting + (Number.isFinite(count) ? count - savedCount : 0));
  if (query.get('enqueue') !== 'true' && waiting === 0) void fetch('/empty', { method: 'POST' });
});

client.status.subscribe(() => {
  document.title = client.status.getSnapshot().isLeader ? 'leads' : 'follows';
});

async function enqueue(lane: number): Promise<void> {
  for (let n = first + lane; n < first + count; n += WIDTH) {
    await client.marks.create({ n }).saved;
    savedCount++;
    await fetch(`/saved?n=${n}`, { method: 'POST' });
  }
}

if (query.get('enqueue') === 'true') {
  for (let lane = 0; lane < WIDTH; lane++) void enqueue(lane);
}
