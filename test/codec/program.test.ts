import { describe, expect, it } from 'vitest';
import * as wire from '../../assembly/protocol.ts';
import { createPortableKernels } from '../../src/lib/codec/portable/kernels.ts';
import { compileProgram, installSchema } from '../../src/lib/codec/program.ts';
import type { RecordShape } from '../../src/lib/contract/field.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';

const shape = parseShape([
  'id:unixid',
  'kind:enum<a,b,c>',
  'lines:optional<list<{sku:string,qty:u16}>>',
  'scan:nullable<file>',
]);

describe('compileProgram', () => {
  it('lays out signatures, what is required, and nodes in preorder', () => {
    const nodes = [
      wire.OP_UNIXID,
      wire.OP_ENUM | (3 << 8),
      ...[wire.OP_OPTIONAL, wire.OP_LIST, wire.OP_STRUCT | (2 << 8), wire.OP_STRING, wire.OP_U16],
      ...[wire.OP_NULLABLE, wire.OP_FILE],
      ...[wire.OP_STRING, wire.OP_SYMBOL, wire.OP_INT, wire.OP_STRING, wire.OP_BYTES],
    ];
    const [a, b, c, d] = shape.signature;
    const required = 1 << 16;
    expect([...compileProgram(shape)]).toEqual([
      ...[4, nodes.length],
      ...[(a as number) | required, 0, (b as number) | required, 1, c, 2, (d as number) | required, 7],
      ...nodes,
    ]);
  });

  it('requires no field with a default', () => {
    const [field] = shape.fields;
    if (!field) throw new Error('a shape without fields');
    const fallback: RecordShape = { ...shape, fields: [{ ...field, fallback: { value: '1' } }] };
    expect(compileProgram(fallback)[wire.PROGRAM_HEAD]).toBe(shape.signature[0]);
  });
});

describe('installSchema', () => {
  it('installs a table once, and each shape once', () => {
    const kernels = createPortableKernels();
    const table = new Map([
      [4, shape],
      [5, null],
      [1023, shape],
    ]);
    const address = installSchema(kernels, table);
    expect(installSchema(kernels, table)).toBe(address);
    const routes = kernels.heap.u32.subarray(address >>> 2, (address >>> 2) + wire.ROUTE_COUNT);
    expect(routes[0]).toBe(wire.ROUTE_UNKNOWN);
    expect(routes[5]).toBe(wire.ROUTE_NO_SHAPE);
    expect(routes[1023]).toBe(routes[4]);
    const program = (routes[4] as number) >>> 2;
    const words = compileProgram(shape);
    expect(kernels.heap.u32.subarray(program, program + words.length)).toEqual(words);
  });

  it('installs again after the space was emptied', () => {
    const kernels = createPortableKernels({ installed: 10_000 });
    const tables = [1, 2, 3].map((route) => new Map([[route, shape]]));
    for (const table of [...tables, ...tables]) {
      const address = installSchema(kernels, table) >>> 2;
      const [[route]] = [...table] as [[number, RecordShape]];
      const program = (kernels.heap.u32[address + route] as number) >>> 2;
      expect(kernels.heap.u32[program + wire.PROGRAM_FIELDS]).toBe(4);
    }
    expect(kernels.generation).toBeGreaterThan(1);
  });

  it('refuses shapes that can never stand beside their table', () => {
    const kernels = createPortableKernels({ installed: 1000 });
    expect(() => installSchema(kernels, new Map([[1, shape]]))).toThrow('[out_of_memory]');
  });
});
