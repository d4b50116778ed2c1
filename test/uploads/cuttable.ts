import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server that can be cut. */
export interface Cuttable {
  readonly port: number;
  /** Resets the connection that brings this byte, counted from now: what came before arrives, no answer does. */
  cutAfter(bytes: number): void;
  /** How often it was cut. */
  readonly cuts: number;
  /** Leads to another server from now on. */
  leadTo(url: string): void;
}

export async function cuttable(url: string): Promise<Cuttable> {
  let left = Number.POSITIVE_INFINITY;
  let cuts = 0;
  let target = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const other = connect(target, '127.0.0.1');
    const end = (): void => {
      socket.destroy();
      other.destroy();
      sockets.delete(socket);
    };
    sockets.add(socket);
    for (const each of [socket, other]) each.on('error', () => undefined).on('close', end);
    let isCut = false;
    socket.on('data', (chunk) => {
      if (isCut) return;
      left -= chunk.length;
      if (left > 0) {
        if (other.write(chunk)) return;
        socket.pause();
        other.once('drain', () => socket.resume());
        return;
      }
      isCut = true;
      cuts++;
      other.write(chunk.subarray(0, chunk.length + left));
      left = Number.POSITIVE_INFINITY;
      setImmediate(() => socket.resetAndDestroy());
    });
    other.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    cutAfter(bytes) {
      left = bytes;
    },
    get cuts() {
      return cuts;
    },
    leadTo(other) {
      target = Number(new URL(other).port);
      for (const socket of sockets) socket.destroy();
    },
  };
}
