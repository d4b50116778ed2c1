import { contract, handler, shape, u32 } from '../../../src/index.ts';

/** What is saved is a number, each of its own. */
export const app = contract({ version: 1 }, { marks: handler(1, { create: { in: shape({ n: u32() }) } }) });
