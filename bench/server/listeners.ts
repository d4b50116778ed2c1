import { connect, type Socket } from 'node:net';

/** Streams that somebody listens to: plain sockets, so that what is measured is the server. */
export class Listeners {
  private readonly sockets: Socket[] = [];
  private pushes: Map<number, bigint[]> | undefined;
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  /** Opens streams, each user's own; resolves when each has said hello. */
  async open(count: number): Promise<void> {
    // Not all at once: what a listening socket can't queue comes a second later.
    for (let opened = 0; opened < count; opened += 200) {
      const some = Array.from({ length: Math.min(200, count - opened) }, () => this.openOne());
      await Promise.all(some);
    }
  }

  /** From now on each push's arrival is noted. */
  watch(): void {
    this.pushes = new Map();
  }

  /** Resolves when every stream has had so many pushes. @returns Arrivals by stream, in the order of the pushes, in ns. */
  async arrivals(pushes: number): Promise<bigint[][]> {
    const { sockets } = this;
    for (;;) {
      const all = this.pushes ?? new Map();
      const isAll = sockets.every((_, index) => (all.get(index)?.length ?? 0) >= pushes);
      if (isAll) return sockets.map((_, index) => all.get(index) ?? []);
      await new Promise<void>((resolve) => setTimeout(resolve, 5));
    }
  }

  pause(): void {
    for (const socket of this.sockets) socket.pause();
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private openOne(): Promise<void> {
    const index = this.sockets.length;
    const socket = connect(this.port, '127.0.0.1');
    this.sockets.push(socket);
    socket.setNoDelay(true);
    const outbox = (index + 1).toString(16).padStart(16, '0');
    socket.write(
      `GET /api/events?outbox=${outbox} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nx-user: user-${this.port}-${index}\r\n\r\n`,
    );
    return new Promise((resolve, reject) => {
      let hello = '';
      let tail = '';
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        if (hello !== '') {
          this.note(index, tail + chunk.toString('latin1'));
          // A name that is cut in two is found with the next piece.
          tail = chunk.toString('latin1', Math.max(0, chunk.length - 10));
          return;
        }
        const text = chunk.toString('latin1');
        if (!text.includes('event: hello')) {
          if (!text.startsWith('HTTP/1.1 200')) reject(new Error(text.slice(0, 200)));
          return;
        }
        hello = text;
        resolve();
      });
    });
  }

  private note(index: number, text: string): void {
    const { pushes } = this;
    if (!pushes) return;
    const now = process.hrtime.bigint();
    const own = pushes.get(index) ?? [];
    pushes.set(index, own);
    for (let at = text.indexOf('event: push'); at >= 0; at = text.indexOf('event: push', at + 11)) own.push(now);
  }
}
