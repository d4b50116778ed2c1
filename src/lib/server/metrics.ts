import type { Contract } from '../contract/contract.ts';
import { actionOf, type PacketResult } from '../packet.ts';
import type { Backlog } from './journal.ts';
import type { ServerLogEvent } from './log.ts';
import { Counter, gauge, Histogram, labelText } from './prometheus.ts';

const secondBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const sizeBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** What is read at the moment of asking. */
export interface Snapshot {
  readonly backlog: Backlog;
  readonly openStreams: number;
  readonly unsentBytes: number;
  /** ms since 1970 UTC. */
  readonly now: number;
}

/** What a server has done since it was started, for Prometheus. Labels are names of the contract and codes: few. */
export class Metrics {
  private readonly contract: Contract;
  private readonly accepted = new Counter();
  private readonly packets = new Counter();
  /** Labels of results, by route and status: made for each result they would cost more than all the rest of it. */
  private readonly packetLabels = new Map<number, string>();
  private readonly requests = new Counter();
  private readonly decodeErrors = new Counter();
  private readonly failures = new Counter();
  private readonly batchSizes = new Histogram(sizeBounds);
  private readonly commitSizes = new Histogram(sizeBounds);
  private readonly commits = new Histogram(secondBounds);
  private readonly handlers = new Histogram(secondBounds);

  constructor(contract: Contract) {
    this.contract = contract;
  }

  /** Hears what the log hook is told. */
  readonly hear = (event: ServerLogEvent): void => {
    switch (event.event) {
      case 'answered':
        this.requests.add({ method: knownMethod(event.method), status: event.status });
        break;
      case 'handler_finished':
      case 'call_finished':
        // A clock that is set back while a handler runs would take from the sum, which only grows.
        this.handlers.add(Math.max(0, event.durationMs) / 1000);
        break;
      case 'failed':
        this.failures.add({});
        break;
    }
  };

  /** A batch was refused for its frame. */
  frameRefused(code: string): void {
    this.decodeErrors.add({ code });
  }

  /** A batch has become durable. */
  batchAccepted(packets: number, seconds: number): void {
    this.accepted.add({}, packets);
    this.batchSizes.add(packets);
    this.commits.add(seconds);
  }

  /** Results have become durable. */
  resultsCommitted(results: readonly PacketResult[], seconds: number): void {
    this.commitSizes.add(results.length);
    this.commits.add(seconds);
    for (const result of results) this.packets.addAt(this.labelsOf(result));
  }

  private labelsOf({ route, status }: PacketResult): string {
    // A status has 16 bits.
    const key = route * 65_536 + status;
    const known = this.packetLabels.get(key);
    if (known !== undefined) return known;
    const handler = this.contract.routes.get(route)?.handler ?? 'unknown';
    const labels = labelText({ handler, action: actionOf(route), status });
    this.packetLabels.set(key, labels);
    return labels;
  }

  text({ backlog, openStreams, unsentBytes, now }: Snapshot): string {
    const waitSeconds = backlog.oldestAt === null ? 0 : Math.max(0, now - backlog.oldestAt) / 1000;
    return [
      this.packets.text('crudp_packets_total', 'Packets that came to a result, by status (PROTOCOL.md C.5).'),
      this.accepted.text('crudp_packets_accepted_total', 'Packets made durable.'),
      gauge('crudp_queue_packets', 'Accepted packets without a result.', backlog.packets),
      gauge('crudp_queue_oldest_seconds', 'How long the oldest batch with such a packet has waited.', waitSeconds),
      this.batchSizes.text('crudp_batch_packets', 'New packets of an accepted batch.'),
      this.commitSizes.text('crudp_results_packets', 'Results committed together.'),
      this.commits.text('crudp_commit_seconds', 'From asking the journal to the durable commit.'),
      this.handlers.text('crudp_handler_seconds', 'Time handlers took.'),
      gauge('crudp_streams_open', 'Open event streams.', openStreams),
      gauge('crudp_streams_unsent_bytes', 'Bytes of event streams that the network has not taken.', unsentBytes),
      this.requests.text('crudp_http_requests_total', 'Answers, by method and status; event streams are not counted.'),
      this.decodeErrors.text('crudp_decode_errors_total', 'Frames refused, by code (PROTOCOL.md A.7).'),
      this.failures.text('crudp_failures_total', "The server's own trouble; its log says what."),
    ].join('');
  }
}

/** A method is whatever a client sends: those beyond the known ones share a label. */
function knownMethod(method: string): string {
  return ['GET', 'POST', 'OPTIONS', 'HEAD', 'PATCH', 'PUT', 'DELETE'].includes(method) ? method : 'other';
}
