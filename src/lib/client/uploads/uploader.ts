import type { Clock } from '../../clock.ts';
import type { Gate } from '../gate.ts';
import type { FileRow, StorageConnection } from '../storage.ts';
import type { Timers } from '../timers.ts';
import type { Transport, UploadAnswer } from '../transport.ts';

export interface UploaderDeps {
  readonly user: string;
  readonly connection: StorageConnection;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Given, so that a page fetches this file alone. Wakes the uploader when it opens. */
  readonly gate: Gate;
  readonly timers: Timers<'later'>;
  /** @throws {CrudpError} `file_unreadable`. */
  readonly contentOf: (row: FileRow) => Promise<Blob>;
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

/** Refusals that another try may not meet: lost in between, too slow, at another offset than thought, busy, too many. */
const passing: ReadonlySet<number> = new Set([404, 408, 409, 423, 429]);

/** Uploads the files of packets that wait, one after the other, as long as it is started. */
export class Uploader {
  readonly #deps: UploaderDeps;
  readonly #gate: Gate;
  readonly #timers: Timers<'later'>;
  /** Files that are not tried before a time: complete ones, and those that were refused. */
  readonly #later = new Map<string, number>();
  readonly #tried = new Set<string>();
  readonly #startedAt: number;
  #uploading: { readonly upload: string; readonly abort: AbortController } | null = null;
  #working: Promise<void> | null = null;
  #isStarted = false;
  #isStale = false;

  constructor(deps: UploaderDeps) {
    this.#deps = deps;
    this.#gate = deps.gate;
    this.#timers = deps.timers;
    this.#startedAt = deps.clock.now();
  }

  start(): void {
    this.#isStarted = true;
    this.wake();
  }

  /** Resolves when nothing is being sent any more. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#gate.endPause();
    this.#timers.cancelAll();
    this.#uploading?.abort.abort();
    await this.#working;
  }

  /** There may be files, or fewer of them. */
  wake(): void {
    this.#isStale = true;
    if (!this.#isStarted || !this.#gate.isOpen || this.#working) return;
    this.#working = this.#work()
      .catch((error: unknown) => {
        this.#deps.onError(error);
        this.#gate.pauseFor(0);
      })
      .finally(() => {
        this.#working = null;
        if (this.#isStale) this.wake();
      });
  }

  /** Somebody has signed in. */
  release(): void {
    this.#gate.release();
    this.retryNow();
  }

  /** The network may be better now. */
  hint(): void {
    if (!this.#gate.wasAsked) this.retryNow();
  }

  retryNow(): void {
    this.#gate.retryNow();
    this.#later.clear();
    this.#timers.cancelAll();
    this.wake();
  }

  /** Packets have ended: what they have brought is not sent to its end, and goes. */
  async look(): Promise<void> {
    const { upload } = this.#uploading ?? {};
    if (upload === undefined) {
      this.wake();
      return;
    }
    const row = await this.#deps.connection.read((tx) => tx.get('files', [this.#deps.user, upload]));
    if (!row && this.#uploading?.upload === upload) this.#uploading.abort.abort();
  }

  async #work(): Promise<void> {
    while (this.#isStarted && this.#gate.isOpen) {
      this.#isStale = false;
      const rows = await this.#rows();
      const now = this.#deps.clock.now();
      const row = rows.find(({ upload }) => (this.#later.get(upload) ?? 0) <= now);
      if (!row) {
        const next = Math.min(...rows.map(({ upload }) => this.#later.get(upload) ?? now));
        if (rows.length > 0) this.#timers.set('later', next - now, () => this.wake());
        return;
      }
      await this.#upload(row);
    }
  }

  async #rows(): Promise<FileRow[]> {
    const { connection, user, onGone } = this.#deps;
    const rows = await connection.read((tx) => tx.list('files', { prefix: [user] }));
    const known = new Set(rows.map(({ upload }) => upload));
    const gone = [...this.#tried].filter((upload) => !known.has(upload));
    for (const upload of gone) {
      this.#later.delete(upload);
      this.#tried.delete(upload);
    }
    if (gone.length > 0) onGone(gone);
    // In the order of their packets, so that the first comes to its end first.
    return rows.sort((a, b) => a.at - b.at);
  }

  async #upload(row: FileRow): Promise<void> {
    const { transport, contentOf, onProgress, onError } = this.#deps;
    const { upload, at } = row;
    const content = await contentOf(row).catch(onError);
    if (!content || !transport.upload) {
      this.#tryLater(upload, refusedMs);
      return;
    }
    const abort = new AbortController();
    this.#uploading = { upload, abort };
    const isNew = at >= this.#startedAt && !this.#tried.has(upload);
    this.#tried.add(upload);
    try {
      const request = { id: upload, content, isNew, onProgress: (bytes: number) => onProgress(upload, bytes) };
      const answer = await transport.upload(request, abort.signal);
      if (!abort.signal.aborted) this.#judge(answer, upload);
    } finally {
      this.#uploading = null;
    }
  }

  #judge(answer: UploadAnswer, upload: string): void {
    if (answer.kind === 'complete') {
      this.#gate.noteSuccess();
      this.#tryLater(upload, againMs);
      return;
    }
    if (answer.hasMoved) this.#gate.noteSuccess();
    const { isServer, status, retryAfterMs = 0 } = answer;
    if (isServer && status === 401) {
      this.#gate.hold();
      this.#deps.onNeedsAuth();
    } else if (isServer && status >= 400 && status < 500 && !passing.has(status)) this.#tryLater(upload, refusedMs);
    else this.#gate.pauseFor(retryAfterMs);
  }

  #tryLater(upload: string, ms: number): void {
    this.#later.set(upload, this.#deps.clock.now() + ms);
  }
}
