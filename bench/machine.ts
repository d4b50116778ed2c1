import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Where and when a run was made: figures without it say nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly date: string;
  readonly commit: string;
  readonly rounds: number;
}

export function describeMachine(rounds: number): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'an unknown processor',
    cores: cpus().length,
    node: process.version.slice(1),
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    rounds,
  };
}
