import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Told } from './page.ts';

export interface PolicyServer {
  /** Address of a page under a policy's `script-src`; what it tells comes by `told`. */
  page(scriptSrc: string, jit: boolean): { readonly url: string; readonly told: Promise<Told> };
  close(): Promise<void>;
}

/** Serves page.ts, bundled, under whichever content security policy its address names. */
export async function startPolicyServer(): Promise<PolicyServer> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    tsconfigRaw: {},
  });
  const script = outputFiles[0]?.text ?? '';
  const waiting = new Map<string, (told: Told) => void>();
  const server = createServer(async (request, response) => {
    const { pathname, search, searchParams } = new URL(request.url as string, 'http://localhost');
    if (pathname === '/page') {
      response.setHeader('content-security-policy', `default-src 'self'; script-src ${searchParams.get('policy')}`);
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><script type="module" src="/page.js"></script>');
    } else if (pathname === '/page.js') {
      response.setHeader('content-type', 'text/javascript').end(script);
    } else {
      let body = '';
      for await (const piece of request) body += piece;
      response.end();
      if (pathname === '/told') waiting.get(search)?.(JSON.parse(body) as Told);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let pages = 0;
  return {
    page(scriptSrc, jit) {
      const search = `?${new URLSearchParams({ policy: scriptSrc, jit: String(jit), page: String(pages++) })}`;
      const told = new Promise<Told>((resolve) => waiting.set(search, resolve));
      return { url: `http://127.0.0.1:${port}/page${search}`, told };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
