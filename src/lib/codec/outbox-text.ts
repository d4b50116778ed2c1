// The batches that come one after another are mostly of one outbox, and its text costs as much as a small frame's head, to
// read as to write: the last one is kept.
let lastText = '0'.repeat(16);
let lastHigh = 0;
let lastLow = 0;

/** What `parseOutbox` found. */
export const parsedOutbox = { high: 0, low: 0 };

/** Whether a text is an outbox's number, which is never 0; if so, `parsedOutbox` holds its words. */
export function parseOutbox(text: unknown): boolean {
  if (text !== lastText) {
    if (typeof text !== 'string' || !/^[0-9a-f]{16}$/.test(text)) return false;
    lastText = text;
    lastHigh = Number.parseInt(text.slice(0, 8), 16);
    lastLow = Number.parseInt(text.slice(8), 16);
  }
  parsedOutbox.high = lastHigh;
  parsedOutbox.low = lastLow;
  return lastHigh !== 0 || lastLow !== 0;
}

export function outboxText(high: number, low: number): string {
  if (high !== lastHigh || low !== lastLow) {
    lastText = hex(high) + hex(low);
    lastHigh = high;
    lastLow = low;
  }
  return lastText;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
