import type { Pool } from 'undici';
import { portableCodec } from '../../src/codec.ts';
import { app, sale, type Way } from './contract.ts';

const codec = portableCodec();
export const batchPackets = 100;
const route = { undeclared: 4, ahead: 8, coalesced: 12 } as const satisfies Record<Way, number>;
let outboxes = 0;
let sales = 0;

/** A batch that is ready to be posted: made before the clock runs. */
interface Prepared {
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly last: number;
}

/** One device: its outbox, and the batches that it will send, in order. */
export class Sender {
  readonly user = `user-${++outboxes}`;
  private readonly outbox = outboxes.toString(16).padStart(16, '0');
  private readonly pool: Pool;
  private readonly way: Way;
  private readonly ready: Prepared[] = [];
  private prepared = 0;
  private place = '0.0.0';
  private tail: Promise<unknown> = Promise.resolve();

  constructor(pool: Pool, way: Way = 'ahead') {
    this.pool = pool;
    this.way = way;
  }

  prepare(batches: number): void {
    for (let batch = 0; batch < batches; batch++) {
      const first = this.prepared + 1;
      const packets = Array.from({ length: batchPackets }, (_, index) => {
        return { seq: first + index, route: route[this.way], records: [sale(++sales)] };
      });
      this.prepared += batchPackets;
      const frame = codec.encodeRequest(app, { outbox: this.outbox, first, oldest: 0, packets });
      this.ready.push({ frame, last: this.prepared });
    }
  }

  /** Posts the next batch once the one before it is answered. @returns How many of its results came with the answer. */
  post(waitSeconds = 0): Promise<number> {
    const own = this.tail.then(() => this.send(waitSeconds));
    this.tail = own.catch(() => undefined);
    return own;
  }

  private async send(waitSeconds: number): Promise<number> {
    if (this.ready.length === 0) this.prepare(1);
    const { frame, last } = this.ready.shift() as Prepared;
    const tag = last.toString(16).padStart(16, '0');
    const { statusCode, body } = await this.pool.request({
      method: 'POST',
      path: '/api/sync',
      headers: {
        'content-type': 'application/crudp',
        'x-user': this.user,
        'crudp-user': this.user,
        'crudp-contract': '1',
        'crudp-after': this.place,
        'crudp-tag': tag,
        ...(waitSeconds > 0 && { prefer: `wait=${waitSeconds}` }),
      },
      body: frame,
    });
    const answer = (await body.json()) as { epoch: string; accepted: number; results?: string };
    if (statusCode !== 202 || answer.accepted !== last) throw new Error(`${statusCode} ${JSON.stringify(answer)}`);
    this.place = `${answer.epoch}.${last}.${tag}`;
    if (!answer.results) return 0;
    return codec.decodeResponse(app, Buffer.from(answer.results, 'base64')).results.length;
  }
}
