import type { Locks } from '../../src/lib/client/leader.ts';

interface Request {
  readonly name: string;
  readonly run: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Web Locks of one browser, as far as a leader needs them: exclusive, in turn, and stolen on demand. */
export class FakeLocks implements Locks {
  private readonly holders = new Map<string, Request>();
  private readonly queues = new Map<string, Request[]>();

  request(
    name: string,
    { signal, steal = false }: { readonly signal?: AbortSignal; readonly steal?: boolean },
    run: () => Promise<void>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new DOMException('aborted', 'AbortError'));
        return;
      }
      const request: Request = { name, run, resolve, reject };
      if (steal) {
        this.holders.get(name)?.reject(new DOMException('stolen', 'AbortError'));
        this.hold(request);
        return;
      }
      const queue = this.queues.get(name) ?? [];
      this.queues.set(name, queue);
      queue.push(request);
      signal?.addEventListener('abort', () => {
        const index = queue.indexOf(request);
        if (index < 0) return;
        queue.splice(index, 1);
        reject(new DOMException('aborted', 'AbortError'));
      });
      this.grant(name);
    });
  }

  private grant(name: string): void {
    if (this.holders.has(name)) return;
    const next = this.queues.get(name)?.shift();
    if (next) this.hold(next);
  }

  private hold(request: Request): void {
    this.holders.set(request.name, request);
    const ended = (): void => {
      request.resolve();
      if (this.holders.get(request.name) !== request) return;
      this.holders.delete(request.name);
      this.grant(request.name);
    };
    // Granted later, as a browser does.
    queueMicrotask(() => void request.run().then(ended, ended));
  }
}
