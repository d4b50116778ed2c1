import { actionName, app } from '../contract.ts';
import { inspect, type Span } from '../inspector.ts';
import { counted, timeOfDay } from './format.ts';

/** A frame that went over the network. */
export interface SeenFrame {
  readonly id: number;
  readonly frame: Uint8Array;
  readonly direction: 'sent' | 'received';
  /** `10 packets sent at 12:30:01, 402 bytes`. */
  readonly title: string;
  /** It carries changes, and not only a question or an acknowledgement. */
  readonly isTelling: boolean;
}

// A batch of ten brings a result and a push for each: what was sent shall still be there.
const kept = 50;

/** The last frames of this page. */
export class FrameLog {
  private frames: readonly SeenFrame[] = [];
  private lastId = 0;

  /** Newest first. The same array as long as none was added. */
  get all(): readonly SeenFrame[] {
    return this.frames;
  }

  add(frame: Uint8Array, direction: 'sent' | 'received', at: number): void {
    const spans = inspect(frame, app, actionName);
    const count = Number(spans.find(({ label }) => label === 'count')?.value ?? 0);
    const what = kindOf(spans) === 'push' ? counted(count, 'push', 'pushes') : packetsText(kindOf(spans), count);
    const title = `${what} ${direction} at ${timeOfDay(at)}, ${counted(frame.length, 'byte')}`;
    const isTelling = spans.some(({ place: [group = ''] }) => /\.(create|update|delete)$/.test(group));
    this.frames = [{ id: ++this.lastId, frame, direction, title, isTelling }, ...this.frames].slice(0, kept);
  }
}

function packetsText(kind: string, count: number): string {
  if (kind === 'response') return counted(count, 'result');
  return count === 0 ? 'Acknowledgement' : counted(count, 'packet');
}

function kindOf(spans: readonly Span[]): string {
  return spans.find(({ label }) => label === 'kind')?.value.split(',')[0] ?? '';
}
