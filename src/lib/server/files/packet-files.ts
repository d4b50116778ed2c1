import type { Contract } from '../../contract/contract.ts';
import type { RecordShape } from '../../contract/field.ts';
import { type FileValue, faultOfFile, type ReceivedFile } from '../../contract/file.ts';
import { holdsFiles, mapFiles, type Path } from '../../contract/map-files.ts';
import type { Issue } from '../../errors.ts';
import type { RequestPacket } from '../../packet.ts';
import type { OutboxKey } from '../journal.ts';
import { keptStatuses } from '../kept-statuses.ts';
import type { Uploads } from '../uploads.ts';
import { type FileSource, sourceOfBytes } from './file-source.ts';
import { receivedFile } from './received-file.ts';

interface FileAt {
  readonly file: FileValue;
  readonly path: Path;
}

export type Received = { readonly records: readonly unknown[] } | { readonly issues: readonly Issue[] };

/** The files of packets: what they wait for, what their handlers get, and what goes when they have ended. */
export class PacketFiles {
  private readonly uploads: Uploads | null;
  private readonly contract: Contract;
  private readonly withFiles: ReadonlySet<number>;
  /** Outboxes that wait for an upload, by its user and id. Made anew by looking at the packets after a start. */
  private readonly waiting = new Map<string, Map<string, OutboxKey>>();

  constructor(contract: Contract, uploads: Uploads | null) {
    this.contract = contract;
    this.uploads = uploads;
    this.withFiles = new Set([...contract.inputs].filter(([, shape]) => holdsFiles(shape)).map(([route]) => route));
  }

  /** Whether a packet's uploads are not all there: it is looked at again when one of them is. */
  areMissing(packet: RequestPacket, key: OutboxKey): boolean | Promise<boolean> {
    return this.uploads !== null && this.withFiles.has(packet.route) && this.lookFor(this.uploads, packet, key);
  }

  private async lookFor(uploads: Uploads, packet: RequestPacket, key: OutboxKey): Promise<boolean> {
    const files = this.filesOf(packet);
    // What is wrong in itself need not wait to be told so.
    if (files.some(({ file }) => faultOfFile(file) || file.size > uploads.maxFileBytes)) return false;
    let isMissing = false;
    for (const { file } of files) {
      if (file.upload === '') continue;
      // Before looking: one that becomes complete meanwhile is not overlooked.
      this.expect(key, file.upload);
      if (await uploads.find(key.user, file.upload)) this.forget(key, file.upload);
      else isMissing = true;
    }
    return isMissing;
  }

  /** @returns The outboxes whose packets have waited for this upload. */
  arrived(user: string, id: string): readonly OutboxKey[] {
    const name = nameOf(user, id);
    const keys = [...(this.waiting.get(name)?.values() ?? [])];
    this.waiting.delete(name);
    return keys;
  }

  /** A packet's records as its handler gets them, or what is wrong with their files. */
  receive(packet: RequestPacket, user: string): Received | Promise<Received> {
    if (!this.withFiles.has(packet.route)) return packet;
    const { uploads, contract } = this;
    if (!uploads)
      return receiveFiles(
        contract,
        packet,
        () => null,
        () => 'this server takes no uploads',
      );
    const { maxFileBytes } = uploads;
    const absent = ({ size }: FileValue): string =>
      size > maxFileBytes ? `an upload has at most ${maxFileBytes} bytes` : notHere();
    return receiveFiles(contract, packet, (upload) => uploads.find(user, upload), absent);
  }

  /** Deletes what a packet has brought, once its result is durable. Undefined: it can have brought nothing. */
  ended(packet: RequestPacket, key: OutboxKey, status: number): Promise<void> | undefined {
    return this.uploads && this.withFiles.has(packet.route) ? this.end(this.uploads, packet, key, status) : undefined;
  }

  private async end(uploads: Uploads, packet: RequestPacket, key: OutboxKey, status: number): Promise<void> {
    for (const { file } of this.filesOf(packet)) {
      if (file.upload === '') continue;
      this.forget(key, file.upload);
      if (!keptStatuses.has(status)) await uploads.remove(key.user, file.upload);
    }
  }

  private expect(key: OutboxKey, upload: string): void {
    const name = nameOf(key.user, upload);
    const outboxes = this.waiting.get(name) ?? new Map<string, OutboxKey>();
    this.waiting.set(name, outboxes.set(key.outbox, key));
  }

  private forget({ user, outbox }: OutboxKey, upload: string): void {
    const name = nameOf(user, upload);
    const outboxes = this.waiting.get(name);
    outboxes?.delete(outbox);
    if (outboxes?.size === 0) this.waiting.delete(name);
  }

  private filesOf({ route, records }: RequestPacket): readonly FileAt[] {
    return filesIn(this.contract.inputs.get(route) ?? null, records);
  }
}

function filesIn(shape: RecordShape | null, records: readonly unknown[]): readonly FileAt[] {
  const files: FileAt[] = [];
  if (shape) mapFiles(shape, records, (value, path) => files.push({ file: value as FileValue, path }));
  return files;
}

/**
 * Gives a handler its files, whichever way they came.
 *
 * @param find Where an upload's content is; null: nowhere.
 * @param absent What is said then.
 */
export async function receiveFiles(
  contract: Contract,
  { route, records }: RequestPacket,
  find: (upload: string) => FileSource | null | Promise<FileSource | null>,
  absent: (file: FileValue) => string = notHere,
): Promise<Received> {
  const shape = contract.inputs.get(route);
  if (!shape) return { records };
  const issues: Issue[] = [];
  const files: ReceivedFile[] = [];
  for (const { file, path } of filesIn(shape, records)) {
    const fault = faultOfFile(file);
    const source = fault ? null : file.upload === '' ? sourceOfBytes(file.content) : await find(file.upload);
    if (fault) issues.push({ path: [...path, fault.field], message: fault.message });
    else if (!source) issues.push({ path: [...path, 'upload'], message: absent(file) });
    else if (source.size !== file.size) {
      issues.push({ path: [...path, 'size'], message: `its upload has ${source.size} bytes` });
    } else files.push(await receivedFile(file, source));
  }
  if (issues.length > 0) return { issues };
  let next = 0;
  return { records: mapFiles(shape, records, () => files[next++]) };
}

function notHere(): string {
  return 'this upload is not here';
}

function nameOf(user: string, id: string): string {
  return `${id}:${user}`;
}
