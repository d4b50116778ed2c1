import { describe, expect, it } from 'vitest';
import { ProgressBoard } from '../../src/lib/client/uploads/progress.ts';

const file = (upload: string) => ({ upload, name: upload, size: 10 });

describe('ProgressBoard', () => {
  it('knows the thousand uploads that moved last', () => {
    const board = new ProgressBoard(() => {});
    const bytesOf = (index: number): number => board.progressOf([file(`upload ${index}`)]).bytes;
    for (let index = 0; index < 1000; index++) board.note(`upload ${index}`, 5);
    expect([bytesOf(0), bytesOf(1), bytesOf(999)]).toEqual([5, 5, 5]);
    board.note('upload 0', 7);
    board.note('upload 1000', 5);
    expect([bytesOf(0), bytesOf(1), bytesOf(2), bytesOf(1000)]).toEqual([7, 0, 5, 5]);
  });

  it('tells whoever looks once for each change, until it leaves', () => {
    const board = new ProgressBoard(() => {});
    const progress = board.observe([file('a'), file('b')]);
    const seen: number[] = [];
    const leave = progress.subscribe(() => seen.push(progress.getSnapshot().bytes));
    board.note('a', 4);
    board.note('a', 4);
    board.note('b', 99);
    board.note('c', 1);
    leave();
    board.note('a', 10);
    expect(seen).toEqual([4, 14]);
    expect(progress.getSnapshot()).toMatchObject({ bytes: 20, total: 20 });
  });
});
