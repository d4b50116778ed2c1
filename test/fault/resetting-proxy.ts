import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP proxy that resets each connection after some bytes of the answer, as often as it is told. Ends with the test. */
export class ResettingProxy {
  url = '';
  resets = 0;
  private readonly target: URL;
  private readonly limit: number;
  private readonly nextBytes: () => number;

  /** @param nextBytes How many bytes of answers the next connection lets through. */
  constructor(target: string, limit: number, nextBytes: () => number) {
    this.target = new URL(target);
    this.limit = limit;
    this.nextBytes = nextBytes;
  }

  async listen(): Promise<this> {
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(Number(this.target.port), this.target.hostname);
      for (const socket of [near, far]) {
        sockets.add(socket);
        // Errors are what this is for.
        socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      }
      near.pipe(far);
      this.passOn(far, near);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${this.target.pathname}`;
    return this;
  }

  private passOn(far: Socket, near: Socket): void {
    let left = this.resets < this.limit ? this.nextBytes() : Number.POSITIVE_INFINITY;
    far.on('data', (chunk: Buffer) => {
      near.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0 || near.destroyed) return;
      this.resets++;
      near.resetAndDestroy();
      far.resetAndDestroy();
    });
  }
}
