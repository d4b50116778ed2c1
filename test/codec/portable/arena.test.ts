import { describe, expect, it } from 'vitest';
import { Arena } from '../../../src/lib/codec/portable/arena.ts';

describe('Arena', () => {
  it('gives zero bytes at multiples of 8, also where a call has written', () => {
    const arena = new Arena(1 << 20, 1 << 16);
    const first = arena.take(13);
    arena.u8.fill(0xaa, first, first + 13);
    const second = arena.take(1);
    expect([first % 8, second % 8, second - first]).toEqual([0, 0, 16]);
    arena.u8[second] = 0xaa;
    arena.clear();
    expect(arena.take(64)).toBe(first);
    expect(arena.u8.subarray(first, first + 64)).toEqual(new Uint8Array(64));
  });

  it('wipes the whole of what a call took', () => {
    const arena = new Arena(1 << 20, 1 << 16);
    const address = arena.take(200_000);
    arena.u8.fill(0xaa, address, address + 200_000);
    arena.clear();
    expect(arena.u8.every((byte) => byte === 0)).toBe(true);
  });

  it('never gives an address that stands for something else', () => {
    expect(new Arena(1 << 20, 1 << 16).take(8)).toBeGreaterThanOrEqual(8);
  });

  it('keeps what is there when it grows, in new views', () => {
    const arena = new Arena(1 << 24, 1 << 16);
    const words = arena.install(Uint32Array.of(1, 2, 3));
    const address = arena.take(8);
    arena.f64[address >>> 3] = Math.PI;
    const before = arena.u8;
    arena.take(1 << 20);
    expect(arena.u8).not.toBe(before);
    expect(arena.f64[address >>> 3]).toBe(Math.PI);
    expect([...arena.u32.subarray(words >>> 2, (words >>> 2) + 3)]).toEqual([1, 2, 3]);
    for (const view of [arena.i32, arena.u32, arena.f64, arena.i64, arena.view])
      expect(view.buffer).toBe(arena.u8.buffer);
  });

  it('refuses what is beyond its maximum, and nothing below', () => {
    const arena = new Arena(1 << 18, 1 << 16);
    for (const bytes of [2 ** 18, 2 ** 31, 2 ** 32 + 8, 2 ** 60, Number.POSITIVE_INFINITY]) {
      expect(() => arena.take(bytes)).toThrow('[out_of_memory]');
    }
    const address = arena.take((1 << 18) - 16);
    expect(address + (1 << 18) - 16).toBeLessThanOrEqual(1 << 18);
    expect(() => arena.take(16)).toThrow('[out_of_memory]');
    arena.clear();
    expect(arena.take(8)).toBe(address);
  });

  it('keeps installed words over calls, until their space is full', () => {
    const arena = new Arena(1 << 20, 4096);
    const a = arena.install(new Uint32Array(400).fill(1));
    arena.take(64);
    const b = arena.install(new Uint32Array(400).fill(2));
    const column = arena.take(64);
    arena.u8.fill(0xaa, column, column + 64);
    arena.clear();
    expect([arena.u32[a >>> 2], arena.u32[b >>> 2], arena.generation]).toEqual([1, 2, 0]);
    const c = arena.install(new Uint32Array(400).fill(3));
    expect([arena.generation, c]).toEqual([1, a]);
    expect(arena.u32[b >>> 2]).toBe(0);
    expect(arena.u8.subarray(arena.take(4096), arena.top).every((byte) => byte === 0)).toBe(true);
  });

  it('installs into the space emptied what is larger than it', () => {
    const arena = new Arena(1 << 20, 4096);
    arena.install(Uint32Array.of(1));
    const address = arena.install(new Uint32Array(2000).fill(7));
    expect([arena.generation, arena.u32[(address >>> 2) + 1999]]).toEqual([1, 7]);
  });
});
