import { contract, handler, shape, u32 } from '../../../src/index.ts';

/** What is saved is a number, each of its own. */
export const appOfVersion = (version: number) =>
  contract({ version }, { marks: handler(1, { create: { in: shape({ n: u32() }) } }) });

/** As the server has it: a page may be older. */
export const app = appOfVersion(2);
