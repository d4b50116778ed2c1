import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { settingsOf } from '../../src/lib/server/options.ts';

it("docs/server.md lists every limit with the option's default", () => {
  const settings = settingsOf({ journal: memoryJournal(), authenticate: () => null });
  const numbers = Object.entries(settings).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  const text = readFileSync(join(import.meta.dirname, '../../docs/server.md'), 'utf8');
  const table = text.slice(text.indexOf('## Limits'));
  const rows = [...table.matchAll(/^\| `(\w+)` \| (\w+) \| \S.*\|$/gm)].map(([, name, value]) => [name, value]);
  expect(Object.fromEntries(rows)).toEqual(
    Object.fromEntries(numbers.map(([name, value]) => [name, Number.isFinite(value) ? String(value) : 'none'])),
  );
});
