import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection that says exactly what it is told, and hears what comes. Ends with the test. */
export class RawSocket {
  private readonly socket: Socket;
  private text = '';
  private hasEnded = false;
  private wake: () => void = () => {};

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => {
      this.text += text;
      this.wake();
    });
    // What is sent to somebody who has hung up is an error, and no news.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.hasEnded = true;
      this.wake();
    });
    onTestFinished(() => void this.socket.destroy());
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** Sends a request's head: names and values as they are given. */
  head(line: string, headers: Readonly<Record<string, string>>): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.send(`${line} HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`);
  }

  /** All that has come once the server has hung up. */
  async end(): Promise<string> {
    while (!this.hasEnded) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.text;
  }
}

/** Headers of a POST to /sync as ana's client sends them. */
export const postHeaders = {
  'Content-Type': 'application/crudp',
  'CRUDP-User': 'ana',
  'CRUDP-Contract': '3',
  'CRUDP-After': '0.0.0',
  'x-user': 'ana',
} as const;
