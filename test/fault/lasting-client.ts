import { nowhere, type Place } from '../../src/lib/server/journal.ts';
import { note } from '../server/app.ts';
import { EventReader, resultsIn } from '../server/event-reader.ts';
import { creates, Sender } from '../server/harness.ts';

interface Sent {
  readonly seqs: readonly number[];
  readonly tag: string;
}

/** A client's memory, which outlives the servers it talks to: what was sent, accepted, and heard. */
export class LastingClient {
  readonly outbox: string;
  /** What came on streams, by sequence number: status of each result. */
  readonly heard = new Map<number, string[]>();
  /** Highest sequence number that a 202 has named. */
  acknowledged = 0;
  private place: Place = nowhere;
  private cursor = '';
  private stream: EventReader | undefined;
  private unanswered: Sent | undefined;

  constructor(outbox: string) {
    this.outbox = outbox;
  }

  /** What somebody hears who has no memory: the log from its beginning, until so many packets' results have come. */
  static async readAll(url: string, outbox: string, count: number): Promise<ReadonlyMap<number, string[]>> {
    const reader = new LastingClient(outbox);
    reader.stream = await EventReader.open(`${url}/events?outbox=${outbox}&after=x`, {});
    while (reader.heard.size < count) await reader.next();
    return reader.heard;
  }

  /** Highest sequence number that was ever sent. */
  get sent(): number {
    return this.unanswered?.seqs.at(-1) ?? this.acknowledged;
  }

  /** Works until done, or until the server's death cuts it off: no other error is taken for that. */
  async whileAlive(ended: Promise<unknown>, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // What fetch and its bodies throw when the other side is gone.
      if (!(error instanceof TypeError)) throw error;
      await ended;
    }
  }

  /** Opens the stream where the last one ended. */
  async connect(url: string): Promise<void> {
    this.stream?.close();
    const from: Record<string, string> = this.cursor ? { 'Last-Event-ID': this.cursor } : {};
    this.stream = await EventReader.open(`${url}/events?outbox=${this.outbox}`, from);
    const hello = await this.stream.next();
    if (hello?.event !== 'hello') throw new TypeError('the stream ended');
    if (this.cursor && !JSON.parse(hello.data).recovered) throw new Error('the cursor was not recovered');
    this.cursor = hello.id ?? this.cursor;
  }

  /** Sends as many packets; those first of which it does not know whether they arrived, as they were. */
  async send(url: string, count: number): Promise<void> {
    const first = this.acknowledged + 1;
    this.unanswered ??= {
      seqs: Array.from({ length: count }, (_, index) => first + index),
      tag: first.toString(16).padStart(16, '0'),
    };
    const { seqs, tag } = this.unanswered;
    const sender = this.sender(url);
    const answer = await sender.post(
      seqs.map((seq) => creates(seq, note(`n${seq}`))),
      { tag },
    );
    const { epoch, accepted, tag: found } = answer.json;
    // The 202 was lost: the outbox stands where this frame put it.
    const hadArrived = answer.status === 409 && found === tag;
    if (answer.status !== 202 && !hadArrived) throw new Error(`${answer.status} ${JSON.stringify(answer.json)}`);
    if (accepted !== seqs.at(-1)) throw new Error(`accepted ${accepted}, sent ${seqs.at(-1)}`);
    this.place = { epoch: String(epoch), seq: Number(accepted), tag };
    this.acknowledged = Number(accepted);
    this.unanswered = undefined;
  }

  /** Reads until the results of all that was acknowledged are there. */
  async hear(): Promise<void> {
    while (this.heard.size < this.acknowledged) await this.next();
  }

  /** Says that all results so far are stored here. */
  async acknowledge(url: string): Promise<void> {
    const answer = await this.sender(url).post([], { oldest: this.place.seq + 1 });
    if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.json)}`);
  }

  private sender(url: string): Sender {
    return Object.assign(new Sender(url, 'ana', this.outbox), { place: this.place });
  }

  private async next(): Promise<void> {
    const event = await this.stream?.next();
    if (!event) throw new TypeError('the stream ended');
    this.cursor = event.id ?? this.cursor;
    for (const text of event.event === 'results' ? resultsIn(event) : []) {
      const [, whose = '', seq, status = ''] = /^(..)\.(\d+) (\d+)$/.exec(text) ?? [];
      // The user's other outboxes are heard here too.
      if (!this.outbox.endsWith(whose)) continue;
      this.heard.set(Number(seq), [...(this.heard.get(Number(seq)) ?? []), status]);
    }
  }
}
