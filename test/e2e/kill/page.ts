// The page of the tests of browsers: enqueues numbers, until it is killed or `count` are saved, and brings home what was saved
// before. Its title says whether it leads.
import { requestBackgroundSync } from '../../../src/background.ts';
import { crudpClient, indexedDbStorage } from '../../../src/client.ts';
import { app, appOfVersion } from './contract.ts';

const query = new URLSearchParams(location.search);
const life = Number(query.get('life'));
/** How many packets are being saved at the same time. */
const WIDTH = 4;
const count = Number(query.get('count') ?? Number.POSITIVE_INFINITY);
const first = life * 1_000_000;
let reports = 0;

const client = crudpClient(appOfVersion(Number(query.get('version') ?? app.version)), {
  url: '/api',
  user: 'ana',
  storage: indexedDbStorage('kill'),
  online: query.get('online') !== 'false',
  onError(error) {
    console.error(error);
    if ((error as { code?: string }).code === 'storage_lost') report('lost', 0);
  },
});

client.marks.on('create', (event) => {
  if (event.kind !== 'confirmed' && event.kind !== 'rejected') return;
  for (const { n } of event.records) report(event.kind, n);
});

/** Synchronous: the server has heard it before a handler returns, or it is heard again in the next life. */
function report(kind: string, n: number): void {
  const path = `/${kind}?n=${n}&life=${life}&report=${++reports}`;
  for (;;) {
    try {
      const request = new XMLHttpRequest();
      request.open('POST', path, false);
      request.send();
      return;
    } catch {
      // A connection that broke, or a browser of which the network's process is dead already: again, or to the end.
    }
  }
}

let savedCount = 0;
client.outbox.subscribe(() => {
  const waiting = client.outbox.getSnapshot().count;
  document.body.dataset.waiting = String(waiting + (Number.isFinite(count) ? count - savedCount : 0));
  if (query.get('enqueue') !== 'true' && waiting === 0) void fetch('/empty', { method: 'POST' });
});

client.status.subscribe(() => {
  const { isLeader, state, reason, durability } = client.status.getSnapshot();
  if (durability === 'memory') void fetch(`/unstored?life=${life}`, { method: 'POST' });
  document.title = isLeader ? 'leads' : 'follows';
  document.body.dataset.state = reason ?? state;
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

/** @returns What became of it: `saved`, or the code of the error. */
const save = (n: number): Promise<string> =>
  client.marks.create({ n }).saved.then(
    () => 'saved',
    ({ code }: { code: string }) => code,
  );
const countLeft = async (): Promise<number> => (await client.outbox.list()).length;
Object.assign(globalThis, { save, countLeft, setOnline: client.setOnline });

if (query.get('worker') === 'true') {
  void navigator.serviceWorker.register('/worker.js');
  requestBackgroundSync(client, navigator.serviceWorker.ready);
}
