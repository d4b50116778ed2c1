import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { FileSource } from './files/file-source.ts';

/**
 * Keeps what clients upload, each user's by the ids that the user's clients have chosen (PROTOCOL.md C.6). One user's id
 * says nothing about another's.
 */
export interface Uploads {
  /** Bytes that one upload may have. */
  readonly maxFileBytes: number;
  /** Called once, before anything else. */
  open(facts: UploadsFacts): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
  /** A complete upload's content; null where there is none, or not all of it. */
  find(user: string, id: string): Promise<FileSource | null>;
  /** Forgets an upload, complete or not. Idempotent. */
  remove(user: string, id: string): Promise<void>;
  /** Forgets what nobody has added to, or asked for, for too long. */
  sweep(): Promise<void>;
  /**
   * Answers a request of the tus protocol at `{base}/uploads` or below.
   *
   * @param id The part of the path behind `uploads/`; '' for none.
   */
  answer(request: IncomingMessage, response: ServerResponse, user: string, id: string): Promise<void>;
}

export interface UploadsFacts {
  readonly clock: Clock;
  /** To be called whenever an upload has become complete and durable. */
  readonly onComplete: (user: string, id: string) => void;
  /** For the log. */
  readonly onError: (error: unknown) => void;
}
