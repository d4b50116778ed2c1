import type { IncomingMessage, ServerResponse } from 'node:http';
import { Metadata, Server, type ServerOptions, type Upload } from '@tus/server';
import { isUploadId } from '../contract/file.ts';
import { badUpload, bodyOf, uploadErrorOf } from './upload-error.ts';
import type { UploadNames } from './upload-names.ts';
import type { UploadStore } from './upload-store.ts';

/** A request as the tus server hands it on. */
type TusRequest = Parameters<NonNullable<ServerOptions['namingFunction']>>[0];
type Context = Parameters<Server['write']>[0];

/** Whose request it is, and about which of his uploads. */
interface Owner {
  readonly user: string;
  /** As the client has chosen it; '' before it is known. */
  readonly id: string;
}

export interface TusServerOptions {
  readonly store: UploadStore;
  readonly names: UploadNames;
  /** Bytes of one upload. */
  readonly maxSize: number;
  /** All of it is there. Rejects where it is not what was announced: the upload starts again then. */
  readonly onFinish: (owner: Owner, upload: Upload) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** The tus protocol for uploads that belong to users: paths name a user's own ids, the store's names are never seen. */
export class TusServer {
  readonly #server: Server;
  readonly #store: UploadStore;
  readonly #names: UploadNames;
  readonly #owners = new WeakMap<IncomingMessage, Owner>();

  constructor({ store, names, maxSize, onFinish, onError }: TusServerOptions) {
    this.#store = store;
    this.#names = names;
    this.#server = new JsonErrors({
      path: '/uploads',
      datastore: store.tus,
      maxSize,
      disableTerminationForFinishedUploads: true,
      // The listener answers for origins, before anybody is authenticated.
      allowedOrigins: () => false,
      getFileIdFromRequest: (request) => {
        const { user, id } = this.#ownerOf(request);
        return isUploadId(id) ? names.nameOf(user, id) : undefined;
      },
      namingFunction: (request, metadata) => {
        if (request.headers.has('upload-defer-length')) throw badUpload('Upload-Length is missing');
        const id = metadata?.id ?? '';
        if (!isUploadId(id)) throw badUpload('Upload-Metadata has an id of 32 hex digits');
        const { user } = this.#ownerOf(request);
        this.#owners.set(nodeRequestOf(request), { user, id });
        return names.nameOf(user, id);
      },
      // Relative to where it was asked, whatever paths a proxy in between has changed.
      generateUrl: (request) => `uploads/${this.#ownerOf(request).id}`,
      onUploadFinish: async (request, upload) => {
        await onFinish(this.#ownerOf(request), upload);
        return {};
      },
      onResponseError: (_request, error) => {
        const refusal = uploadErrorOf(error);
        if (refusal.status_code === 500) onError(error);
        return refusal;
      },
    });
  }

  /** @param id As the path has it; '' for none. */
  async answer(request: IncomingMessage, response: ServerResponse, user: string, id: string): Promise<void> {
    if (request.method === 'POST' && (await this.#answerKnown(request, response, user))) return;
    this.#owners.set(request, { user, id });
    await this.#server.handle(request, response);
  }

  /** An upload that is made again, as the answer to the first time was lost: what has come of it stays. */
  async #answerKnown({ headers }: IncomingMessage, response: ServerResponse, user: string): Promise<boolean> {
    const id = idIn(headers['upload-metadata']);
    const known = id !== null && (await this.#store.find(this.#names.nameOf(user, id)));
    if (!known) return false;
    const isSame = String(known.size) === headers['upload-length'];
    const isPlain = headers['content-type'] === undefined;
    const body = isSame
      ? bodyOf('offset_mismatch', 'the upload is here, and stands at another offset: ask by HEAD')
      : bodyOf('upload_exists', `this upload has ${known.size} bytes`);
    response.setHeader('Tus-Resumable', '1.0.0');
    if (isSame && isPlain) response.writeHead(201, { Location: `uploads/${id}`, 'Content-Length': 0 }).end();
    else response.writeHead(409, { 'Content-Type': 'application/json; charset=utf-8' }).end(body);
    return true;
  }

  #ownerOf(request: TusRequest): Owner {
    return this.#owners.get(nodeRequestOf(request)) as Owner;
  }
}

/** @returns null where there is none: the tus server says what is wrong. */
function idIn(metadata: string | string[] | undefined): string | null {
  try {
    const { id } = Metadata.parse(String(metadata));
    return id && isUploadId(id) ? id : null;
  } catch {
    return null;
  }
}

function nodeRequestOf(request: TusRequest): IncomingMessage {
  return (request.runtime as { node: { req: IncomingMessage } }).node.req;
}

/** Errors of the tus server in the form that all errors of a server have. */
class JsonErrors extends Server {
  override write(context: Context, headers: Headers, status: number, body = ''): ReturnType<Server['write']> {
    if (status < 400) return super.write(context, headers, status, body);
    headers.set('Content-Type', 'application/json; charset=utf-8');
    const isOurs = body.startsWith('{');
    return super.write(context, headers, status, isOurs ? body : bodyOf('bad_upload', body.trim()));
  }
}
