import { type DetailedError, type HttpRequest, type HttpResponse, type HttpStack, Upload } from 'tus-js-client';
import type { HttpOptions } from '../http-options.ts';
import type { RefusalOf } from '../http-refusal.ts';
import type { Refusal, UploadAnswer, UploadRequest } from '../transport.ts';

/** What a broken connection or an impatient proxy costs at most. */
const chunkBytes = 4_194_304;

export interface UploadOptions extends HttpOptions {
  /** Given, so that a page fetches this file alone. */
  readonly refusalOf: RefusalOf;
}

/** Uploads by the tus protocol (C.6), going on where the server stands. */
export async function uploadOverHttp(
  { url, fetch, headers, credentials, refusalOf }: UploadOptions,
  { id, content, isNew, onProgress }: UploadRequest,
  signal: AbortSignal,
): Promise<UploadAnswer> {
  const endpoint = `${url.replace(/\/+$/, '')}/uploads`;
  let hasMoved = false;
  return new Promise((resolve) => {
    const upload = new Upload(content, {
      endpoint,
      // Nobody but this client can have begun it: there is nothing to ask for.
      uploadUrl: isNew ? null : `${endpoint}/${id}`,
      metadata: { id },
      chunkSize: chunkBytes,
      uploadSize: content.size,
      // Tries are the client's own: it knows more than a timer.
      retryDelays: null,
      storeFingerprintForResuming: false,
      fileReader: blobReader,
      // A page's own way tells how far it is within a chunk; fetch does not, and is what others have.
      ...(typeof XMLHttpRequest === 'function' ? {} : { httpStack: new FetchStack(fetch, credentials) }),
      async onBeforeRequest(request) {
        // Asked anew for each: a token may end while a large file is on its way.
        for (const [name, value] of new Headers(await headers())) request.setHeader(name, value);
        const underlying = request.getUnderlyingObject() as { withCredentials?: boolean } | undefined;
        if (underlying && 'withCredentials' in underlying) underlying.withCredentials = credentials === 'include';
      },
      onProgress(bytes) {
        hasMoved ||= bytes > 0;
        onProgress(bytes);
      },
      onSuccess: () => resolve({ kind: 'complete' }),
      onError: (error) => resolve({ kind: 'failed', hasMoved, ...refusalIn(error as DetailedError, refusalOf) }),
    });
    const stop = (): void => {
      void upload.abort().catch(() => undefined);
      resolve({ kind: 'failed', hasMoved, isServer: false, status: 0 });
    };
    if (signal.aborted) stop();
    else {
      signal.addEventListener('abort', stop);
      upload.start();
    }
  });
}

function refusalIn({ originalResponse }: DetailedError, refusalOf: RefusalOf): Refusal {
  if (!originalResponse) return { isServer: false, status: 0 };
  return refusalOf(originalResponse.getStatus(), (name) => originalResponse.getHeader(name) ?? null);
}

const blobReader = {
  openFile: async (content: Blob) => ({
    size: content.size,
    slice: async (start: number, end: number) => ({ value: content.slice(start, end), done: end >= content.size }),
    close: () => {},
  }),
};

class FetchStack implements HttpStack {
  readonly #fetch: typeof fetch;
  readonly #credentials: RequestCredentials;

  constructor(own: typeof fetch, credentials: RequestCredentials) {
    this.#fetch = own;
    this.#credentials = credentials;
  }

  getName(): string {
    return 'FetchStack';
  }

  createRequest(method: string, url: string): HttpRequest {
    const headers = new Headers();
    const abort = new AbortController();
    let tell: (bytes: number) => void = () => {};
    return {
      getMethod: () => method,
      getURL: () => url,
      setHeader: (name, value) => headers.set(name, value),
      getHeader: (name) => headers.get(name) ?? undefined,
      setProgressHandler(handler) {
        tell = handler;
      },
      send: async (body: Blob | null) => {
        const init = {
          method,
          headers,
          credentials: this.#credentials,
          signal: abort.signal,
          cache: 'no-store' as const,
        };
        const response = await this.#fetch(url, { ...init, ...(body && { body }) });
        if (body) tell(body.size);
        return answerOf(response, await response.text());
      },
      abort: async () => abort.abort(),
      getUnderlyingObject: () => undefined,
    };
  }
}

function answerOf(response: Response, body: string): HttpResponse {
  return {
    getStatus: () => response.status,
    getHeader: (name) => response.headers.get(name) ?? undefined,
    getBody: () => body,
    getUnderlyingObject: () => response,
  };
}
