import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { openBrowser } from './demo/browser.ts';
import type { Told } from './policy/page.ts';
import { type PolicyServer, startPolicyServer } from './policy/server.ts';

// A content security policy as pages have it: sent by a server, enforced by a browser.

const firefoxPath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const firefoxFound = existsSync(firefoxPath);
if (!firefoxFound) console.log(`No ${firefoxPath}: pages under a policy are not tried in Firefox.`);

let server: PolicyServer;
beforeAll(async () => {
  server = await startPolicyServer();
});
afterAll(() => server.close());

async function inChromium(scriptSrc: string, jit: boolean): Promise<Told> {
  const { url, told } = server.page(scriptSrc, jit);
  const browser = await openBrowser();
  try {
    const page = await browser.context.newPage();
    await page.goto(url);
    return await told;
  } finally {
    await browser.close();
  }
}

async function inFirefox(scriptSrc: string, jit: boolean): Promise<Told> {
  const { url, told } = server.page(scriptSrc, jit);
  const profile = mkdtempSync(join(tmpdir(), 'crudp-firefox-'));
  const options = ['--headless', '--no-remote', '--profile', profile, url];
  const firefox = spawn(firefoxPath, options, { stdio: 'ignore', env: { ...process.env, HOME: profile } });
  const exited = once(firefox, 'exit');
  try {
    return await Promise.race([
      told,
      exited.then(([code]) => {
        throw new Error(`Firefox ended with ${code}`);
      }),
    ]);
  } finally {
    firefox.kill();
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const five = (name: string) => [name, name, name, name, 'portable'];

describe.each([
  ['Chromium', chromiumFound, inChromium],
  ['Firefox', firefoxFound, inFirefox],
] as const)('a page in %s', (_name, found, visit) => {
  it.runIf(found)("without 'wasm-unsafe-eval' has the twin, says why, and is reported once for each kind", async () => {
    const { names, fallbacks, roundTrips, violations } = await visit("'self'", true);
    expect(names).toEqual(five('portable'));
    expect(fallbacks).toHaveLength(4);
    for (const message of fallbacks) expect(message).toMatch(/^\[wasm_unavailable\].*(CompileError|Content.Security)/);
    expect(roundTrips).toEqual([true, true, true, true, true]);
    // One for the first attempt to compile, one for the first attempt to generate a function.
    expect(new Set(violations)).toEqual(new Set(['script-src wasm-eval', 'script-src eval']));
    expect(violations).toHaveLength(2);
  });

  it.runIf(found)("without 'unsafe-eval' runs the module without generated functions, reported once", async () => {
    const { names, fallbacks, roundTrips, violations } = await visit("'self' 'wasm-unsafe-eval'", true);
    expect([names, fallbacks]).toEqual([five('wasm'), []]);
    expect(roundTrips).toEqual([true, true, true, true, true]);
    expect(violations).toEqual(['script-src eval']);
  });

  it.runIf(found)('told to generate none is not reported at all', async () => {
    const { names, roundTrips, violations } = await visit("'self' 'wasm-unsafe-eval'", false);
    expect(names).toEqual(five('wasm'));
    expect(roundTrips).toEqual([true, true, true, true, true]);
    expect(violations).toEqual([]);
  });

  it.runIf(found)("with 'unsafe-eval' has all of it", async () => {
    const { names, fallbacks, violations } = await visit("'self' 'unsafe-eval'", true);
    expect([names, fallbacks, violations]).toEqual([five('wasm'), [], []]);
  });
});
