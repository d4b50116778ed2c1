import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The parts of the sources; a file belongs to the first that matches. */
const parts: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['entries', /^src\/[^/]+\.ts$/],
  ['nouns', /^src\/lib\/[^/]+\.ts$/],
  ['wire', /^assembly\/protocol\.ts$/],
  ['contract', /^src\/lib\/contract\//],
  ['encoder', /^src\/lib\/codec\/encode\//],
  ['decoder', /^src\/lib\/codec\/decode\//],
  ['codec', /^src\/lib\/codec\//],
  ['sse', /^src\/lib\/sse\//],
  ['journal interface', /^src\/lib\/server\/journal(-log)?\.ts$/],
  ['journals', /^src\/lib\/server\/journals\//],
  ['server', /^src\/lib\/server\//],
  ['storage interface', /^src\/lib\/client\/storage\.ts$/],
  ['storages', /^src\/lib\/client\/storages\//],
  ['client', /^src\/lib\/client\//],
  ['uploads', /^src\/lib\/uploads\//],
  ['testing', /^src\/lib\/testing\//],
];

const all = parts.map(([name]) => name).filter((name) => name !== 'entries');

/** Who may import whom. Everything may import its own part; what is not listed may not be imported. */
const mayImport: Readonly<Record<string, { parts: readonly string[]; packages?: readonly (string | RegExp)[] }>> = {
  entries: { parts: all },
  nouns: { parts: ['wire'] },
  wire: { parts: [] },
  contract: { parts: ['nouns', 'wire'] },
  encoder: { parts: ['codec', 'contract', 'nouns', 'wire'] },
  decoder: { parts: ['codec', 'contract', 'nouns', 'wire'] },
  codec: { parts: ['encoder', 'decoder', 'contract', 'nouns', 'wire'] },
  sse: { parts: ['nouns'] },
  'journal interface': { parts: ['contract', 'nouns', 'wire'] },
  journals: { parts: ['journal interface', 'nouns', 'wire'], packages: [/^node:/] },
  server: {
    parts: ['codec', 'encoder', 'sse', 'contract', 'nouns', 'wire', 'journal interface', 'journals'],
    packages: [/^node:/, 'busboy'],
  },
  'storage interface': { parts: ['contract', 'nouns', 'wire'] },
  storages: { parts: ['storage interface', 'nouns', 'wire'], packages: ['idb'] },
  client: {
    parts: ['codec', 'encoder', 'sse', 'contract', 'nouns', 'wire', 'storage interface', 'storages'],
    packages: ['eventsource-parser', /^eventsource-parser\//, 'tus-js-client'],
  },
  uploads: { parts: ['contract', 'nouns', 'wire', 'server'], packages: [/^node:/, /^@tus\//] },
  testing: { parts: all, packages: [/^node:/] },
};

const entryLines = 25;

interface Source {
  readonly path: string;
  readonly text: string;
}

/** Paths from the root for relative imports, names for packages. Types count: who knows whose types is coupling too. */
function importsOf({ path, text }: Source): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.map(({ fileName }) =>
    fileName.startsWith('.') ? posix.join(posix.dirname(path), fileName) : fileName,
  );
}

function partOf(path: string): string | undefined {
  return parts.find(([, pattern]) => pattern.test(path))?.[0];
}

function isFile(imported: string): boolean {
  return imported.startsWith('src/') || imported.startsWith('assembly/');
}

function brokenRules(sources: readonly Source[]): string[] {
  const broken: string[] = [];
  for (const source of sources) {
    const part = partOf(source.path);
    const rule = part === undefined ? undefined : mayImport[part];
    if (!rule) {
      broken.push(`${source.path} is in no part of the table`);
      continue;
    }
    for (const imported of importsOf(source)) {
      const target = partOf(imported);
      const allowed =
        target === undefined
          ? rule.packages?.some((name) => (typeof name === 'string' ? name === imported : name.test(imported)))
          : (target === part && part !== 'entries') || rule.parts.includes(target);
      if (!allowed) broken.push(`${source.path} (${part}) imports ${imported} (${target ?? 'package'})`);
    }
  }
  return broken;
}

/** Each cycle once, as the files along it. */
function cycles(sources: readonly Source[]): string[] {
  const graph = new Map(sources.map((source) => [source.path, importsOf(source).filter(isFile)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

function readSources(): Source[] {
  const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join('src', name.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.generated.ts'));
  return [...paths, 'assembly/protocol.ts'].map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

describe('Structure', () => {
  const sources = readSources();

  it('lets each part import only what the table allows', () => {
    expect(brokenRules(sources)).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(cycles(sources)).toEqual([]);
  });

  it('keeps entries thin', () => {
    const entries = sources.filter(({ path }) => partOf(path) === 'entries');
    const thick = entries.filter(({ text }) => text.trimEnd().split('\n').length > entryLines);
    expect(thick.map(({ path }) => path)).toEqual([]);
  });

  it('exports every entry', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, string | { default: string }>;
    };
    const exported = Object.values(exports).flatMap((line) => (typeof line === 'string' ? [] : [line.default]));
    const entries = sources.filter(({ path }) => partOf(path) === 'entries');
    const files = entries.map(({ path }) => `./dist/${path.replace(/ts$/, 'js')}`);
    // The other way round, that each export exists, is for npm run test:types, which has the package.
    expect(files.filter((file) => !exported.includes(file))).toEqual([]);
  });

  it('catches a forbidden import, type or value, file or package', () => {
    const bad: Source[] = [
      { path: 'src/lib/client/a.ts', text: "import { x } from '../server/b.ts';" },
      { path: 'src/lib/client/b.ts', text: "import type { x } from 'node:http';" },
      { path: 'src/lib/errors.ts', text: "export * from './contract/shape.ts';" },
      { path: 'src/lib/server/c.ts', text: "const x = await import('../../../test/helper.ts');" },
      { path: 'src/lib/stray/d.ts', text: '' },
      { path: 'src/lib/contract/fine.ts', text: "import { x } from '../packet.ts'; // import 'node:fs'" },
    ];
    expect(brokenRules(bad)).toEqual([
      'src/lib/client/a.ts (client) imports src/lib/server/b.ts (server)',
      'src/lib/client/b.ts (client) imports node:http (package)',
      'src/lib/errors.ts (nouns) imports src/lib/contract/shape.ts (contract)',
      'src/lib/server/c.ts (server) imports test/helper.ts (package)',
      'src/lib/stray/d.ts is in no part of the table',
    ]);
  });

  it('catches a cycle', () => {
    const ring: Source[] = [
      { path: 'src/lib/a.ts', text: "import './b.ts';" },
      { path: 'src/lib/b.ts', text: "import type { X } from './c.ts';" },
      { path: 'src/lib/c.ts', text: "export * from './b.ts';" },
    ];
    expect(cycles(ring)).toEqual(['src/lib/b.ts -> src/lib/c.ts -> src/lib/b.ts']);
  });
});
