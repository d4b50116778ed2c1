import type { IncomingMessage, ServerResponse } from 'node:http';
import { personOf, type Sessions } from './authenticate.ts';

const maxBodyBytes = 1024;

/** `/session`: GET who I am, POST signs in, DELETE signs out. */
export async function answerSession(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: Sessions,
): Promise<void> {
  switch (request.method) {
    case 'GET': {
      const person = sessions.read(request);
      const me = person && { user: person.user, name: person.name, role: person.role };
      return sendJson(response, 200, { me });
    }
    case 'POST': {
      // A form of another site can't send this type without asking first, and nobody answers its question.
      if (request.headers['content-type'] !== 'application/json') return sendJson(response, 415, {});
      const person = personOf(await readJson(request));
      if (!person) return sendJson(response, 400, {});
      response.setHeader('Set-Cookie', sessions.open(person));
      return sendJson(response, 200, {});
    }
    case 'DELETE':
      response.setHeader('Set-Cookie', sessions.close());
      return sendJson(response, 200, {});
    default:
      response.setHeader('Allow', 'GET, POST, DELETE');
      return sendJson(response, 405, {});
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBodyBytes) return null;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    return null;
  }
}
