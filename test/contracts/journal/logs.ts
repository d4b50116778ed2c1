import { describe, expect, it } from 'vitest';
import type { LogPosition } from '../../../src/lib/server/journal-log.ts';
import type { Subject } from '../journal.ts';
import {
  accept,
  ana,
  ask,
  claim,
  complete,
  frameOf,
  hear,
  logOf,
  restart,
  resultsOf,
  runAll,
  textOf,
} from './support.ts';

const start: LogPosition = { offset: 0, mark: '' };

export function logSuite(subject: Subject): void {
  const push = (text: string, log = 'all') => ({ log, kind: 'push' as const, frame: frameOf(text) });
  const pushAt = async (ms: number, text: string) => {
    subject.clock.ms = ms;
    await subject.journal.append([push(text)]);
  };

  describe('logs', () => {
    it('number entries from 1 and mark each', async () => {
      const { journal } = subject;
      expect(await journal.end('all')).toEqual(start);
      await journal.append([push('a'), push('b'), push('x', 'role:__proto__')]);
      const { entries, recovered } = await journal.read('all', start, 1000);
      expect(recovered).toBe(true);
      expect(entries.map(({ mark: _, frame, ...rest }) => ({ ...rest, text: textOf(frame) }))).toEqual([
        { log: 'all', offset: 1, kind: 'push', outbox: '', text: 'a' },
        { log: 'all', offset: 2, kind: 'push', outbox: '', text: 'b' },
      ]);
      for (const { mark } of entries) expect(mark).toMatch(/^[0-9a-f]{8}$/);
      expect(await journal.end('all')).toEqual({ offset: 2, mark: entries[1]?.mark });
      expect(await logOf(journal, 'role:__proto__')).toEqual(['x']);
    });

    it('tell once of each log that an append has changed', async () => {
      const { journal } = subject;
      const heard = hear(journal);
      await journal.append([push('a'), push('b'), push('c', 'role:x')]);
      await journal.append([]);
      expect(heard).toEqual([
        { kind: 'log', log: 'all' },
        { kind: 'log', log: 'role:x' },
      ]);
    });

    it('name the outbox whose results an entry holds', async () => {
      const { journal } = subject;
      await accept(journal, ana, [1]);
      await runAll(journal, [1]);
      const { entries } = await journal.read('user:ana', start, 1000);
      expect(entries).toMatchObject([{ kind: 'results', outbox: ana.outbox, offset: 1 }]);
    });

    it('go on from every entry', async () => {
      const { journal } = subject;
      await journal.append(['a', 'b', 'c'].map((text) => push(text)));
      const { entries } = await journal.read('all', start, 1000);
      for (const [index, { offset, mark }] of entries.entries()) {
        const rest = await journal.read('all', { offset, mark }, 1000);
        expect(rest).toEqual({ entries: entries.slice(index + 1), recovered: true, more: false });
      }
    });

    it('are read in pieces of a size, at least an entry each', async () => {
      const { journal } = subject;
      await journal.append(['1234', '12', '12', '12345'].map((text) => push(text)));
      const pieces: string[][] = [];
      let position = start;
      for (;;) {
        const { entries, more } = await journal.read('all', position, 4);
        const last = entries.at(-1) as LogPosition;
        pieces.push(entries.map(({ frame }) => textOf(frame)));
        if (!more) break;
        position = { offset: last.offset, mark: last.mark };
      }
      expect(pieces).toEqual([['1234'], ['12', '12'], ['12345']]);
    });

    it('begin at the oldest for a position they do not hold', async () => {
      const { journal } = subject;
      await journal.append([push('a'), push('b')]);
      const { mark } = await journal.end('all');
      const foreign = [
        { offset: 2, mark: 'ffffffff' },
        { offset: 3, mark },
        { offset: 1, mark },
        { offset: 0, mark },
        { offset: -1, mark: '' },
        { offset: 1.5, mark: '' },
      ];
      for (const position of foreign) {
        const { entries, recovered } = await journal.read('all', position, 1000);
        expect(recovered).toBe(false);
        expect(entries.map(({ frame }) => textOf(frame))).toEqual(['a', 'b']);
      }
      expect(await journal.read('role:nobody', { offset: 1, mark }, 1000)).toEqual({
        entries: [],
        recovered: false,
        more: false,
      });
      expect(await journal.read('role:nobody', start, 1000)).toEqual({ entries: [], recovered: true, more: false });
    });

    it('are there after a restart', async () => {
      const { journal } = subject;
      await journal.append([push('a')]);
      const end = await journal.end('all');
      await restart(journal);
      expect(await journal.end('all')).toEqual(end);
      await journal.append([push('b')]);
      expect((await journal.read('all', end, 1000)).entries).toMatchObject([{ offset: 2 }]);
    });
  });

  describe('trim', () => {
    it('drops old entries and tells from where they are missing', async () => {
      const { journal } = subject;
      for (const [ms, text] of [
        [10, 'a'],
        [20, 'b'],
        [30, 'c'],
      ] as const)
        await pushAt(ms, text);
      const { entries } = await journal.read('all', start, 1000);
      await journal.trim({ results: 0, logs: 30 });
      expect(await logOf(journal, 'all')).toEqual(['c']);
      const recovered = async (position: LogPosition) => (await journal.read('all', position, 1000)).recovered;
      expect(await recovered(start)).toBe(false);
      expect(await recovered(entries[0] as LogPosition)).toBe(false);
      // Who has read the last one that is gone has missed nothing.
      expect(await recovered(entries[1] as LogPosition)).toBe(true);
      expect(await recovered(entries[2] as LogPosition)).toBe(true);
    });

    it('leaves the numbering of an emptied log', async () => {
      const { journal } = subject;
      await pushAt(10, 'a');
      const end = await journal.end('all');
      await journal.trim({ results: 0, logs: 100 });
      await restart(journal);
      expect(await journal.end('all')).toEqual(end);
      expect(await journal.read('all', end, 1000)).toEqual({ entries: [], recovered: true, more: false });
      await pushAt(200, 'b');
      expect((await journal.read('all', end, 1000)).entries).toMatchObject([{ offset: 2 }]);
    });

    it('leaves no hole where the clock jumped', async () => {
      const { journal } = subject;
      for (const [ms, text] of [
        [100, 'a'],
        [10, 'b'],
        [100, 'c'],
      ] as const)
        await pushAt(ms, text);
      await journal.trim({ results: 0, logs: 50 });
      expect(await logOf(journal, 'all')).toEqual(['c']);
    });

    it('drops old results, and log entries no later', async () => {
      const { journal, clock } = subject;
      await accept(journal, ana, [1, 2]);
      const taken = await claim(journal);
      clock.ms = 10;
      await complete(journal, taken, [1]);
      clock.ms = 20;
      await complete(journal, taken, [2]);
      await journal.trim({ results: 20, logs: 0 });
      expect(await resultsOf(journal, ana, [1, 2])).toEqual([['results 2', [2]]]);
      expect(await logOf(journal, 'user:ana')).toEqual(['results 2']);
      expect(await ask(journal, ana, [1, 2])).toMatchObject({ forgotten: [1] });
    });

    it('keeps results whose log entry is gone, and entries whose results are acknowledged', async () => {
      const { journal, clock } = subject;
      await accept(journal, ana, [1, 2]);
      clock.ms = 10;
      await runAll(journal, [1]);
      clock.ms = 20;
      await runAll(journal, [2]);
      await journal.trim({ results: 0, logs: 20 });
      expect(await resultsOf(journal, ana, [1])).toEqual([['results 1', [1]]]);
      expect(await logOf(journal, 'user:ana')).toEqual(['results 2']);
      await ask(journal, ana, [], 3);
      expect(await resultsOf(journal, ana, [1, 2])).toEqual([]);
      expect(await logOf(journal, 'user:ana')).toEqual(['results 2']);
    });

    it('keeps a result, however old, that a waiting packet depends on', async () => {
      const { journal, clock } = subject;
      await accept(journal, ana, [1, 2]);
      clock.ms = 10;
      await runAll(journal, [1, 2]);
      await accept(journal, ana, [[3, [1]]]);
      await journal.trim({ results: 100, logs: 100 });
      expect(await resultsOf(journal, ana, [1, 2])).toEqual([['results 1', [1]]]);
      expect((await claim(journal)).statuses).toEqual(new Map([[1, 0]]));
    });

    it('goes through more than one commit takes', async () => {
      const { journal, clock } = subject;
      clock.ms = 10;
      const texts = Array.from({ length: 1300 }, (_, index) => `${index}`);
      await journal.append(texts.map((text) => push(text)));
      await accept(
        journal,
        ana,
        texts.map((_, index) => index + 1),
      );
      const taken = await claim(journal);
      await Promise.all(texts.map((_, index) => complete(journal, taken, [index + 1])));
      await pushAt(20, 'young');
      await journal.trim({ results: 20, logs: 0 });
      expect(await logOf(journal, 'all')).toEqual(['young']);
      expect(await logOf(journal, 'user:ana')).toEqual([]);
      expect(
        await resultsOf(
          journal,
          ana,
          texts.map((_, index) => index + 1),
        ),
      ).toEqual([]);
    });
  });
}
