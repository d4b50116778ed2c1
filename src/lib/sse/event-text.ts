/** What one server-sent event says. Every part is a single line. */
export interface EventParts {
  readonly event: string;
  /** Left out: the reader's last event id stays as it is. */
  readonly id?: string;
  readonly data: string;
}

// A line break would let one field's text pass for another field, or for another event; NUL makes a reader drop an id.
const breaks = /[\r\n\0]/;

/**
 * Writes one event of a text/event-stream.
 *
 * @throws {TypeError} A part has a line break or NUL; names, cursors, JSON and base64 never do.
 */
export function eventText({ event, id, data }: EventParts): string {
  if (breaks.test(event) || breaks.test(data)) throw badEvent(event);
  return `${id === undefined ? '' : idText(id)}event: ${event}\ndata: ${data}\n\n`;
}

/** The beginning of an event that has an id; the same event without it follows. @throws {TypeError} As `eventText`. */
export function idText(id: string): string {
  if (breaks.test(id)) throw badEvent(id);
  return `id: ${id}\n`;
}

function badEvent(text: string): TypeError {
  return new TypeError(`[bad_event] a line break in an event "${text.replaceAll(/[\r\n\0]/g, ' ')}"`);
}

/** A comment: no event, but proof that the stream is alive. */
export const heartbeatText = ':\n\n';
