import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

interface Asset {
  readonly file: string;
  readonly type: string;
}

// A list, not a folder: what a request names is on it, or has the form of a part's name.
const assets: ReadonlyMap<string, Asset> = new Map([
  ['/', { file: 'page/index.html', type: 'text/html; charset=utf-8' }],
  ['/style.css', { file: 'dist/style.css', type: 'text/css; charset=utf-8' }],
  ['/icon.svg', { file: 'page/icon.svg', type: 'image/svg+xml' }],
  ['/main.js', { file: 'dist/main.js', type: 'text/javascript; charset=utf-8' }],
  ['/main.js.map', { file: 'dist/main.js.map', type: 'application/json' }],
]);
/** Parts of the page that are fetched when they are wanted, as the bundler calls them. */
const part = /^\/(part-[A-Z0-9]{8}\.js)(\.map)?$/;

const policy = [
  "default-src 'none'",
  // The codec is WebAssembly; nothing else on the page is compiled at run time.
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Answers GET and HEAD for the page and its parts; anything else is 404. */
export async function answerAsset(method: string, path: string, response: ServerResponse): Promise<void> {
  const asset = method === 'GET' || method === 'HEAD' ? assetAt(path) : undefined;
  const body = asset && (await readFile(new URL(asset.file, import.meta.url)).catch(() => undefined));
  if (!asset || !body) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end('Nothing is here.\n');
    return;
  }
  response.writeHead(200, {
    'Content-Type': asset.type,
    'Content-Length': body.length,
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-cache',
  });
  response.end(method === 'HEAD' ? undefined : body);
}

function assetAt(path: string): Asset | undefined {
  const [, name, map = ''] = part.exec(path) ?? [];
  const type = map === '' ? 'text/javascript; charset=utf-8' : 'application/json';
  return name === undefined ? assets.get(path) : { file: `dist/${name}${map}`, type };
}
