import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { Comparison } from '../codec/compare.ts';
import { simulate } from '../fault/client/simulation.ts';

/** A random test that can go on for ever. */
export interface SoakCheck {
  readonly name: string;
  /**
   * Judges what one seed gives; some milliseconds of work.
   *
   * @returns How many inputs that were.
   * @throws Where something does not hold.
   */
  run(seed: number): number | Promise<number>;
}

/** All checks of the soak. Whoever writes a random test adds it here. */
export function soakChecks(): SoakCheck[] {
  return [
    codecs('codecs, generated code', true),
    codecs('codecs, one of them without generated code', false),
    { name: 'client and server under faults', run: (seed) => simulate(seed) },
  ];
}

function codecs(name: string, jit: boolean): SoakCheck {
  const comparison = new Comparison(loadCodecSync({ fallback: false, jit }), portableCodec());
  return {
    name,
    run(seed) {
      const before = comparison.inputs;
      comparison.run(seed);
      return comparison.inputs - before;
    },
  };
}
