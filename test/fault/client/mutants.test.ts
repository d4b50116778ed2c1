import { describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { simulate } from './simulation.ts';

/**
 * The last of them was caught by seed 372. It is caught by 9 of 1500 seeds, and which these are changes with whatever the
 * client waits for: fewer would leave it to luck.
 */
const seeds = 1000;

describe('The oracle of the simulation', () => {
  it.each(Object.keys(mutants))(
    'notices that %s',
    async (name) => {
      let caught: unknown = null;
      for (let seed = 1; seed <= seeds && caught === null; seed++) {
        await simulate(seed, mutants[name]).catch((error: unknown) => {
          caught = error;
        });
      }
      expect(caught).toBeInstanceOf(Error);
    },
    300_000,
  );

  it('finds nothing to say in runs without a mutant', async () => {
    for (let seed = 1; seed <= 60; seed++) await simulate(seed);
  }, 300_000);
});
