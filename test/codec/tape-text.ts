import * as wire from '../../assembly/protocol.ts';
import type { Kernels } from '../../src/lib/codec/kernels.ts';

type View = 'u8' | 'i32' | 'u32' | 'f64' | 'i64';

/** The columns of a request's, response's or push's head: where they are, how they are stored, and how long they are. */
const headColumns: readonly (readonly [word: number, view: View, lengthWord: number])[] = [
  [wire.TAPE_SEQ, 'f64', wire.TAPE_COUNT],
  [wire.TAPE_ROUTE, 'i32', wire.TAPE_COUNT],
  [wire.TAPE_ITEMS, 'f64', wire.TAPE_COUNT],
  [wire.TAPE_STATUS, 'i32', wire.TAPE_COUNT],
  [wire.TAPE_DEP_COUNTS, 'i32', wire.TAPE_COUNT],
  [wire.TAPE_DEPS, 'f64', wire.TAPE_DEP_SUM],
  [wire.TAPE_ATOMIC, 'i32', wire.TAPE_COUNT],
  [wire.TAPE_MESSAGE_INDEX, 'i32', wire.TAPE_MESSAGES],
  [wire.TAPE_MESSAGE_LENGTHS, 'u32', wire.TAPE_MESSAGES],
];
const headAddresses = new Set([...headColumns.map(([word]) => word), wire.TAPE_GROUP_RECORDS]);
const groupAddresses = new Set([wire.GROUP_SLOTS, wire.GROUP_PROGRAM]);
const slotAddresses = new Set([wire.SLOT_VALUES, wire.SLOT_SECOND, wire.SLOT_BAD]);

const views: Readonly<Record<number, View>> = {
  [wire.OP_BOOL]: 'u8',
  [wire.OP_OPTIONAL]: 'u8',
  [wire.OP_NULLABLE]: 'u8',
  [wire.OP_INT]: 'f64',
  [wire.OP_TIMESTAMP]: 'f64',
  [wire.OP_DATE]: 'f64',
  [wire.OP_F64]: 'f64',
  [wire.OP_I64]: 'i64',
  [wire.OP_UNIXID]: 'i64',
};

/**
 * All that a decoder's tape says, as text: every word but addresses, and every value of every column.
 *
 * Doubles stand there by their bits, so that 0 and -0 are told apart.
 */
export function tapeText(kernels: Kernels, address: number, routeTable: number): string {
  const { heap } = kernels;
  const lines: string[] = [];
  const word = (index: number): number => heap.u32[index] as number;
  const words = (from: number, count: number, skipped: ReadonlySet<number>): string =>
    [...heap.u32.subarray(from, from + count)].map((content, i) => (skipped.has(i) ? '-' : content)).join(' ');
  const column = (place: number, view: View, n: number): string => {
    if (place === 0) return 'none';
    if (view === 'f64') return [...heap.i64.subarray(place >>> 3, (place >>> 3) + n)].map(String).join(' ');
    const values = heap[view];
    const from = place / values.BYTES_PER_ELEMENT;
    return [...values.subarray(from, from + n)].map(String).join(' ');
  };

  const tape = address >>> 2;
  lines.push(words(tape, wire.TAPE_WORDS, headAddresses));
  for (const [at, view, length] of headColumns) lines.push(column(word(tape + at), view, word(tape + length)));

  for (let i = 0; i < word(tape + wire.TAPE_GROUPS); i++) {
    const group = (word(tape + wire.TAPE_GROUP_RECORDS) >>> 2) + i * wire.GROUP_WORDS;
    lines.push(`group ${words(group, wire.GROUP_WORDS, groupAddresses)}`);
    const program = word(group + wire.GROUP_PROGRAM);
    // Programs and table were installed by the same calls: they lie to each other as in any other arena.
    lines.push(program === 0 ? 'no program' : `program ${program - routeTable}`);
    const slots = word(group + wire.GROUP_SLOTS);
    if (slots === 0) continue;
    const head = program >>> 2;
    const nodes = head + wire.PROGRAM_HEAD + 2 * word(head + wire.PROGRAM_FIELDS);
    for (let node = 0; node < word(head + wire.PROGRAM_NODES); node++) {
      const op = word(nodes + node) & 255;
      const slot = (slots >>> 2) + node * wire.SLOT_WORDS;
      const n = word(slot + wire.SLOT_COUNT);
      const isSymbol = op === wire.OP_SYMBOL;
      lines.push(`slot ${op} ${words(slot, wire.SLOT_WORDS, slotAddresses)}`);
      if (n === 0) continue;
      lines.push(
        column(word(slot + wire.SLOT_VALUES), views[op] ?? 'u32', isSymbol ? word(slot + wire.SLOT_EXTRA) : n),
        column(word(slot + wire.SLOT_SECOND), isSymbol ? 'u32' : 'i64', n),
        column(word(slot + wire.SLOT_BAD), 'u8', n),
      );
    }
  }
  return lines.join('\n');
}
