import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { chromiumArgs, chromiumFound, chromiumPath } from './scripts/chromium.mjs';

const browserTests = 'test/**/*.browser.test.ts';

const resolve = {
  alias: [
    { find: /^crudp$/, replacement: `${import.meta.dirname}/src/index.ts` },
    { find: /^crudp\/([a-z]+)$/, replacement: `${import.meta.dirname}/src/$1.ts` },
  ],
};

// A worker thread that a test starts loads src/*.ts by this; vitest's own transform does not reach it.
const execArgv = ['--import', new URL('./scripts/ts.mjs', import.meta.url).href];

const node: TestProjectInlineConfiguration = {
  resolve,
  test: {
    name: 'node',
    execArgv,
    // The longest take seconds on an idle machine; a busy one is no reason to fail.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    include: ['test/**/*.test.ts'],
    exclude: [browserTests, 'test/e2e/**', 'test/types/**'],
  },
};

const browser: TestProjectInlineConfiguration = {
  resolve,
  test: {
    name: 'browser',
    // No tests rather than no project, so that `--project browser` still names something.
    include: chromiumFound ? [browserTests] : [],
    browser: {
      enabled: chromiumFound,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: chromiumPath, args: chromiumArgs } }),
      instances: [{ browser: 'chromium' }],
    },
  },
};

const e2e: TestProjectInlineConfiguration = {
  resolve,
  test: {
    name: 'e2e',
    execArgv,
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // One file at a time, after everything else: they measure time and open many sockets.
    fileParallelism: false,
    sequence: { groupOrder: 1 },
  },
};

export default defineConfig({
  test: {
    projects: [node, browser, e2e],
    // Here and not in the projects: it would run once for each.
    globalSetup: ['scripts/vitest-setup.mjs'],
    passWithNoTests: true,
    coverage: { include: ['src/**/*.ts'], exclude: ['**/*.generated.ts'] },
  },
});
