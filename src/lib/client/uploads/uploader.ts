import type { Clock } from '../../clock.ts';
import { Backoff } from '../backoff.ts';
import type { Random } from '../random.ts';
import type { FileRow, StorageConnection } from '../storage.ts';
import { Timers } from '../timers.ts';
import type { Transport, UploadAnswer } from '../transport.ts';

export interface UploaderDeps {
  readonly user: string;
  readonly connection: StorageConnection;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** The content of a file; null: it is no longer there. */
  readonly contentOf: (row: FileRow) => Promise<Blob | null>;
  /** Told what the server has. */
  readonly onProgress: (upload: string, bytes: number) => void;
  /** Files whose packets have ended. */
  readonly onGone: (uploads: readonly string[]) => void;
  readonly onNeedsAuth: () => void;
  readonly onError: (error: unknown) => void;
}

/** The server may have swept what was complete before its packet came: it is asked again so often. */
const againMs = 600_000;
/** What the server refuses for good is its packet's to end; until then it is tried as seldom as this. */
const refusedMs = 60_000;

/** Uploads the files of packets that wait, one after the other, as long as it is started. */
export class Uploader {
  private readonly deps: UploaderDeps;
  private readonly backoff: Backoff;
  private readonly timers: Timers<'backoff' | 'later'>;
  /** Files that are not tried before a time: complete ones, and those that were refused. */
  private readonly later = new Map<string, number>();
  private readonly tried = new Set<string>();
  private readonly startedAt: number;
  private uploading: { readonly upload: string; readonly abort: AbortController } | null = null;
  private working: Promise<void> | null = null;
  private isStarted = false;
  private isHeld = false;
  private isStale = false;

  constructor(deps: UploaderDeps) {
    this.deps = deps;
    this.backoff = new Backoff(deps.random);
    this.timers = new Timers(deps.clock);
    this.startedAt = deps.clock.now();
  }

  start(): void {
    this.isStarted = true;
    this.wake();
  }

  /** Resolves when nothing is being sent any more. */
  async stop(): Promise<void> {
    this.isStarted = false;
    this.timers.cancelAll();
    this.uploading?.abort.abort();
    await this.working;
  }

  /** There may be files, or fewer of them. */
  wake(): void {
    this.isStale = true;
    if (!this.isStarted || this.isHeld || this.working || this.timers.has('backoff')) return;
    this.working = this.work()
      .catch((error: unknown) => {
        this.deps.onError(error);
        this.pause('backoff', this.backoff.nextMs());
      })
      .finally(() => {
        this.working = null;
        if (this.isStale) this.wake();
      });
  }

  /** The network may be better, or somebody has signed in. */
  retryNow(): void {
    this.isHeld = false;
    this.backoff.reset();
    this.later.clear();
    this.timers.cancelAll();
    this.wake();
  }

  /** Packets have ended: what they have brought is not sent to its end, and goes. */
  async look(): Promise<void> {
    const { upload } = this.uploading ?? {};
    if (upload === undefined) {
      this.wake();
      return;
    }
    const row = await this.deps.connection.read((tx) => tx.get('files', [this.deps.user, upload]));
    if (!row && this.uploading?.upload === upload) this.uploading.abort.abort();
  }

  private async work(): Promise<void> {
    while (this.isStarted && !this.isHeld) {
      this.isStale = false;
      const rows = await this.rows();
      const now = this.deps.clock.now();
      const row = rows.find(({ upload }) => (this.later.get(upload) ?? 0) <= now);
      if (!row) {
        const next = Math.min(...rows.map(({ upload }) => this.later.get(upload) ?? now));
        if (rows.length > 0) this.pause('later', next - now);
        return;
      }
      const pauseMs = await this.upload(row);
      if (pauseMs > 0) {
        this.pause('backoff', pauseMs);
        return;
      }
    }
  }

  private async rows(): Promise<FileRow[]> {
    const { connection, user, onGone } = this.deps;
    const rows = await connection.read((tx) => tx.list('files', { prefix: [user] }));
    const known = new Set(rows.map(({ upload }) => upload));
    const gone = [...this.tried].filter((upload) => !known.has(upload));
    for (const upload of gone) {
      this.later.delete(upload);
      this.tried.delete(upload);
    }
    if (gone.length > 0) onGone(gone);
    // In the order of their packets, so that the first comes to its end first.
    return rows.sort((a, b) => a.at - b.at);
  }

  /** @returns How long to wait before the next one. */
  private async upload(row: FileRow): Promise<number> {
    const { transport, contentOf, onProgress, onError, clock } = this.deps;
    const { upload, name, at } = row;
    const later = (ms: number): number => {
      this.later.set(upload, clock.now() + ms);
      return 0;
    };
    const content = await contentOf(row);
    if (!content || !transport.upload) {
      onError(new Error(`the content of ${name} is not to be had`));
      return later(refusedMs);
    }
    const abort = new AbortController();
    this.uploading = { upload, abort };
    const isNew = at >= this.startedAt && !this.tried.has(upload);
    this.tried.add(upload);
    try {
      const request = { id: upload, content, isNew, onProgress: (bytes: number) => onProgress(upload, bytes) };
      const answer = await transport.upload(request, abort.signal);
      if (abort.signal.aborted) return 0;
      return this.judge(answer, later);
    } finally {
      this.uploading = null;
    }
  }

  private judge(answer: UploadAnswer, later: (ms: number) => number): number {
    if (answer.kind === 'complete') {
      this.backoff.reset();
      return later(againMs);
    }
    if (answer.hasMoved) this.backoff.reset();
    const { isServer, status, retryAfterMs } = answer;
    if (isServer && status === 401) {
      this.isHeld = true;
      this.deps.onNeedsAuth();
      return 0;
    }
    // Where it stands is not where this page thought: it is asked, at once the first time.
    if (isServer && status === 409) return this.backoff.nextMs();
    if (isServer && status >= 400 && status < 500 && ![408, 423, 429].includes(status)) return later(refusedMs);
    return retryAfterMs ?? this.backoff.nextMs();
  }

  private pause(name: 'backoff' | 'later', ms: number): void {
    if (this.isStarted) this.timers.set(name, ms, () => this.wake());
  }
}
