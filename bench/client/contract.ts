import { contract, handler, shape, string, u8, unixid } from '../../src/index.ts';

export const Note = shape({ id: unixid(), text: string(), stars: u8() });

/** What page and server of this benchmark agree on: one handler that gives back what it is given. */
export const app = contract({ version: 1 }, { notes: handler(1, { create: { in: Note, out: Note } }) });
