// A server in a process of its own, to be killed: node kill-server.mjs FOLDER [POINT COUNT [SIGNAL]]
// or node kill-server.mjs FOLDER fsync refuse|exit
// Its log goes to stdout as JSON lines, the first of which has the port.
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import type { CrudpError } from '../../src/lib/errors.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { crudpServer } from '../../src/lib/server/server.ts';
import { app } from '../server/app.ts';
import { journalAt, strikeAt } from './kill-points.ts';

const [folder = '', point, count = '1', signal = 'SIGKILL'] = process.argv.slice(2);
const pass = strikeAt(point, Number(count), signal);
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const failing = { driver: new URL('./failing-driver.mjs', import.meta.url) };
const journal = sqliteJournal(join(folder, 'app.db'), point === 'fsync' ? failing : { driver: 'libsql' });
const server = crudpServer(app, {
  journal: journalAt(journal, pass),
  onStorageFailure: point === 'fsync' && count === 'exit' ? 'exit' : 'refuse',
  codec: portableCodec(),
  authenticate: () => ({ user: 'ana' }),
  graceMs: 500,
  log: say,
});
server.use(
  implement(app, {
    notes: {
      access: { create: 'public' },
      async create(ctx, records) {
        const seq = Number(ctx.reqId.split('.')[1]);
        pass('handler-before', seq);
        // What a handler does outside of the journal: it stays done when the process dies.
        appendFileSync(join(folder, 'runs'), `${ctx.reqId} ${ctx.attempt}\n`);
        say({ event: 'begun', reqId: ctx.reqId });
        ctx.effect('INSERT INTO ran (req_id) VALUES (?)', [ctx.reqId], { expectChanges: 1 });
        const [{ text } = { text: '' }] = records;
        if (text === 'hang' && ctx.attempt === 1) await new Promise(() => {});
        if (text === 'until SIGTERM') await once(process, 'SIGTERM');
        if (text === 'until aborted' && ctx.attempt <= 4) {
          // Ends by the signal's reason, as fetch and others do that are given the signal.
          await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)));
        }
        pass('handler-after', seq);
        return records;
      },
    },
  }),
);
const http = createServer(server.listener);
http.listen(0, '127.0.0.1', () => {
  say({ event: 'listening', port: (http.address() as AddressInfo).port });
  // At once, not with the first request: what was pending is to run without one.
  server.start().catch(({ code }: CrudpError) => say({ event: 'refused', code }));
});
process.once('SIGTERM', async () => {
  http.close();
  await server.close();
  http.closeAllConnections();
});
