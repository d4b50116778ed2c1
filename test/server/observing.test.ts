import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CrudpError } from '../../src/lib/errors.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { note, route } from './app.ts';
import { creating, wait } from './creating.ts';
import { creates, serve, type TestServer } from './harness.ts';
import { journalWith } from './journal-with.ts';
import { newFile, SqliteFault, watchedDriver } from './journals/sqlite/fixture.ts';
import { ManualClock } from './manual-clock.ts';

/** Samples of a metrics text: name with labels, and value. */
async function samplesOf({ server }: TestServer): Promise<Map<string, number>> {
  const lines = (await server.metrics()).trimEnd().split('\n');
  const samples = lines.filter((line) => !line.startsWith('#'));
  for (const line of samples)
    expect(line).toMatch(/^crudp_[a-z_]+(?:\{[a-z]+="[^"\n]*"(?:,[a-z]+="[^"\n]*")*\})? [\d.e+-]+$/);
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('metrics', () => {
  it('count what came to which result, what was refused, and how long it took', async () => {
    const server = await serve();
    const ana = server.sender();
    await ana.post(
      [creates(1, note('a')), creates(2, note('b', 'crash')), { seq: 3, route: route.later, records: [] }, creates(4)],
      wait,
    );
    await ana.postFrame(new Uint8Array(20));
    const samples = await samplesOf(server);
    expect(samples.get('crudp_packets_total{handler="notes",action="create",status="0"}')).toBe(2);
    expect(samples.get('crudp_packets_total{handler="notes",action="create",status="13"}')).toBe(1);
    expect(samples.get('crudp_packets_total{handler="later",action="create",status="8"}')).toBe(1);
    expect(samples.get('crudp_packets_accepted_total')).toBe(4);
    expect(samples.get('crudp_batch_packets_bucket{le="2"}')).toBe(0);
    expect(samples.get('crudp_batch_packets_bucket{le="5"}')).toBe(1);
    expect(samples.get('crudp_results_packets_sum')).toBe(4);
    expect(samples.get('crudp_handler_seconds_count')).toBe(3);
    expect(samples.get('crudp_commit_seconds_count')).toBe(1 + (samples.get('crudp_results_packets_count') ?? 0));
    expect(samples.get('crudp_decode_errors_total{code="bad_magic"}')).toBe(1);
    expect(samples.get('crudp_http_requests_total{method="POST",status="202"}')).toBe(1);
    expect(samples.get('crudp_http_requests_total{method="POST",status="400"}')).toBe(1);
  });

  it('tell what waits, how long, and which streams are open', async () => {
    const clock = new ManualClock();
    const server = await serve({ clock, modules: [creating(() => new Promise(() => {}))] });
    await server.sender().post([creates(1), creates(2)]);
    clock.advance(1500);
    await server.sender('luis').post([creates(1)]);
    await server.events('outbox=00000000000000a1');
    await server.logged('stream_opened');
    const samples = await samplesOf(server);
    expect(samples.get('crudp_queue_packets')).toBe(3);
    expect(samples.get('crudp_queue_oldest_seconds')).toBe(1.5);
    expect(samples.get('crudp_streams_open')).toBe(1);
  });

  it('count as a frame that was refused nothing but frames', async () => {
    const server = await serve();
    await fetch(`${server.url}/events?outbox=none`, { headers: { 'x-user': 'ana' } });
    await server.sender().postFrame(new Uint8Array(20));
    const codes = [...(await samplesOf(server)).keys()].filter((name) => name.startsWith('crudp_decode_errors_total'));
    expect(codes).toEqual(['crudp_decode_errors_total{code="bad_magic"}']);
  });

  it('only grow, also where the clock is set back', async () => {
    const clock = new ManualClock();
    const server = await serve({
      clock,
      modules: [
        creating(() => {
          clock.advance(-3_600_000);
          return [];
        }),
      ],
    });
    await server.sender().post([creates(1)], wait);
    const samples = await samplesOf(server);
    expect(samples.get('crudp_handler_seconds_sum')).toBe(0);
    expect(samples.get('crudp_handler_seconds_count')).toBe(1);
  });

  it('escape what a label may not hold', async () => {
    const { Counter } = await import('../../src/lib/server/prometheus.ts');
    const counter = new Counter();
    counter.add({ code: 'a"\\\n' });
    expect(counter.text('n', 'help')).toBe('# HELP n help\n# TYPE n counter\nn{code="a\\"\\\\\\n"} 1\n');
  });
});

describe('The log hook', () => {
  it("fits pino's interface, one line for each event", async () => {
    const lines: Record<string, unknown>[] = [];
    const sink = new Writable({
      write(chunk, _encoding, done) {
        lines.push(JSON.parse(String(chunk)));
        done();
      },
    });
    const logger = pino({ serializers: { error: pino.stdSerializers.err } }, sink);
    const server = await serve({ log: (entry) => logger.info(entry) });
    await server.sender().post([creates(1, note('a', 'crash'))], wait);
    await server.logged('answered');
    const failed = lines.find(({ event }) => event === 'handler_failed');
    expect(failed).toMatchObject({
      level: 30,
      user: 'ana',
      reqId: '00000000000000a1.1',
      handler: 'notes',
      action: 'create',
      attempt: 1,
      error: { type: 'Error', message: 'secret of a', stack: expect.any(String) },
    });
    expect(lines.find(({ event }) => event === 'answered')).toMatchObject({ status: 202, packets: 1, appended: 1 });
  });
});

describe('health', () => {
  it('says what the server is about', async () => {
    const { server } = await serve();
    expect(await server.health()).toEqual({ ready: false, status: 'idle' });
    await server.start();
    expect(await server.health()).toEqual({ ready: true, status: 'ok' });
    await server.close();
    expect(await server.health()).toEqual({ ready: false, status: 'draining' });
  });

  it.each([
    ['storage_failed', false, 'failed'],
    ['storage_busy', true, 'idle'],
  ])('tells %s from what passes', async (code, retryable, status) => {
    const journal = journalWith(memoryJournal(), {
      end: () => Promise.reject(new CrudpError(code, 'no', { retryable })),
    });
    const { server } = await serve({ journal });
    await server.start();
    expect(await server.health()).toEqual({ ready: false, status, code });
  });
});

describe('A storage that has failed for good', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const failing = () =>
    journalWith(memoryJournal(), {
      accept: () => Promise.reject(new CrudpError('storage_failed', 'fsync')),
    });

  it('is told once, and refuses batches', async () => {
    const told: string[] = [];
    const server = await serve({ journal: failing(), onStorageFailure: ({ code }) => told.push(code) });
    const ana = server.sender();
    for (let time = 0; time < 3; time++) {
      const { status, json } = await ana.post([creates(1, note('a'))]);
      expect([status, json.code]).toEqual([503, 'storage_failed']);
    }
    expect(told).toEqual(['storage_failed']);
    expect(server.log.filter(({ event }) => event === 'storage_failed')).toHaveLength(1);
  });

  it('refuses in the same way where the function that is told of it fails', async () => {
    const onStorageFailure = () => {
      throw new Error('no mail');
    };
    const server = await serve({ journal: failing(), onStorageFailure });
    expect((await server.sender().post([creates(1, note('a'))])).status).toBe(503);
    expect(await server.logged('failed')).toMatchObject({ where: 'onStorageFailure', error: new Error('no mail') });
  });

  it('is what an fsync that fails in SQLite makes of it', async () => {
    let isBroken = false;
    const driver = watchedDriver((sql) => {
      if (isBroken && sql === 'COMMIT') throw new SqliteFault('SQLITE_IOERR_FSYNC', 1034);
    });
    const told: string[] = [];
    const journal = sqliteJournal(newFile(), { driver, thread: false });
    const server = await serve({ journal, onStorageFailure: ({ code }) => told.push(code) });
    const ana = server.sender();
    expect((await ana.post([creates(1, note('a'))], wait)).status).toBe(202);
    isBroken = true;
    expect((await ana.post([creates(2, note('b'))])).status).toBe(503);
    isBroken = false;
    expect((await ana.post([creates(2, note('b'))])).status).toBe(503);
    expect(told).toEqual(['storage_failed']);
    expect(await server.server.health()).toEqual({ ready: false, status: 'failed', code: 'storage_failed' });
  });

  it('ends the process with code 1 where that is asked for', async () => {
    const exited = new Promise<unknown>((resolve) => {
      vi.spyOn(process, 'exit').mockImplementation(((code: number) => resolve(code)) as never);
    });
    const server = await serve({ journal: failing(), onStorageFailure: 'exit' });
    expect((await server.sender().post([creates(1, note('a'))])).status).toBe(503);
    expect(await exited).toBe(1);
  });
});
