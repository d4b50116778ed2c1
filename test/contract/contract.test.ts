import { describe, expect, it } from 'vitest';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { isCrudp } from '../../src/lib/contract/is-crudp.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { string, u8, unixid } from '../../src/lib/contract/types.ts';
import { CrudpError } from '../../src/lib/errors.ts';

const User = shape({ id: unixid(), name: string() });

describe('contract', () => {
  const app = contract(
    { version: 3, errors: { email_taken: 256 } },
    {
      users: handler(1, { create: { in: User, out: User }, delete: { in: unixid() } }),
      pings: handler(0, { read: {} }),
    },
  );

  it('numbers routes as handler * 4 + action', () => {
    expect([...app.routes.keys()].sort((a, b) => a - b)).toEqual([1, 4, 7]);
    expect(app.routes.get(7)).toMatchObject({ handler: 'users', action: 'delete', output: null });
  });

  it('gives shapes by direction, null where a route has none', () => {
    expect(app.inputs.get(4)?.descriptors).toEqual(['id:unixid', 'name:string']);
    expect(app.inputs.get(7)?.bare).toBe(true);
    expect(app.outputs.get(7)).toBeNull();
    expect(app.inputs.get(1)).toBeNull();
    expect(app.inputs.has(5)).toBe(false);
  });

  it('names statuses: the protocol’s, its own, and unknown ones', () => {
    expect([0, 5, 256, 999].map(app.errorName)).toEqual(['ok', 'conflict', 'email_taken', 'status_999']);
  });

  it.each([
    ['a number twice', () => contract({ version: 1 }, { a: handler(1, {}), b: handler(1, {}) }), "is a's"],
    ['a number beyond 255', () => contract({ version: 1 }, { a: handler(256, {}) }), '0 … 255'],
    ['a fifth action', () => contract({ version: 1 }, { a: handler(1, { approve: {} } as object) }), 'create, read'],
    ['a handler named then', () => contract({ version: 1 }, { then: handler(1, {}) }), 'not a name'],
    ['version 0', () => contract({ version: 0 }, {}), 'from 1'],
    ['an error below 256', () => contract({ version: 1, errors: { mine: 255 } }, {}), '256'],
    ['an error named as a status', () => contract({ version: 1, errors: { conflict: 300 } }, {}), 'not a name'],
    ['one status for two errors', () => contract({ version: 1, errors: { a: 300, b: 300 } }, {}), "is a's"],
  ])('refuses %s', (_name, make, reason) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(reason);
    expect(make).toThrow(/^\[bad_contract\]/);
  });

  it('looks names up without meeting prototype keys', () => {
    expect(app.routes.get('constructor' as never)).toBeUndefined();
    expect(app.errorName('constructor' as never)).toBe('status_constructor');
  });
});

describe('isCrudp', () => {
  const app = contract({ version: 1, errors: { email_taken: 256 } }, { a: handler(1, { read: { in: u8() } }) });

  it('tells the error of that name from others', () => {
    const error = new CrudpError('email_taken', 'somebody has it');
    expect(isCrudp(app, error, 'email_taken')).toBe(true);
    expect(isCrudp(app, error, 'conflict')).toBe(false);
    expect(isCrudp(app, error)).toBe(true);
    expect(isCrudp(app, new Error('email_taken'), 'email_taken')).toBe(false);
    expect(error.message).toBe('[email_taken] somebody has it');
  });
});
