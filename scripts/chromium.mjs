import { existsSync } from 'node:fs';

/** Debian's Chromium, or the one that the variable CHROMIUM names. Nothing is ever downloaded. */
export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const chromiumFound = existsSync(chromiumPath);

/** `--no-sandbox`: Chromium refuses its sandbox to root, and CI runs as root. */
export const chromiumArgs = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];
