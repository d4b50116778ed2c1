import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { eventText, heartbeatText } from '../../src/lib/sse/event-text.ts';

function parse(text: string): { events: EventSourceMessage[]; comments: number } {
  const read = { events: [] as EventSourceMessage[], comments: 0 };
  const parser = createParser({ onEvent: (event) => read.events.push(event), onComment: () => read.comments++ });
  parser.feed(text);
  return read;
}

describe('eventText', () => {
  it('is read back by another implementation', () => {
    const events = [
      { event: 'hello', id: 'AQ', data: '{"user":"a: b"}' },
      { event: 'push', data: 'xQ==' },
      { event: 'bye', id: 'x', data: '' },
    ];
    const text = events.map(eventText).join(heartbeatText);
    expect(parse(text)).toEqual({
      events: [events[0], { ...events[1], id: undefined }, events[2]],
      comments: 2,
    });
  });

  it.each(['\n', '\r', '\r\n', '\0'])('refuses a part with %j', (text) => {
    expect(() => eventText({ event: `a${text}`, data: '' })).toThrow(TypeError);
    expect(() => eventText({ event: 'a', id: `1${text}`, data: '' })).toThrow(TypeError);
    expect(() => eventText({ event: 'a', data: `1${text}data: 2` })).toThrow('[bad_event]');
  });
});
