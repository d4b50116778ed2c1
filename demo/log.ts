import { createWriteStream } from 'node:fs';
import type { ServerLogEntry } from 'crudp/server';

export interface LogFile {
  write(entry: ServerLogEntry | { readonly event: 'listening'; readonly at: number; readonly url: string }): void;
  /** Resolves when all is in the file. */
  close(): Promise<void>;
}

/** One JSON object a line, to the file and to stdout. */
export function openLog(path: string): LogFile {
  const file = createWriteStream(path, { flags: 'a' });
  return {
    write({ at, ...entry }) {
      const line = `${JSON.stringify({ time: new Date(at).toISOString(), ...entry }, withErrors)}\n`;
      file.write(line);
      process.stdout.write(line);
    },
    close: () => new Promise((resolve) => file.end(resolve)),
  };
}

/** An Error's own properties leave out what is wanted to know. */
function withErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, name: value.name, message: value.message, stack: value.stack } : value;
}
