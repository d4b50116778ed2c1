import type { Span } from '../inspector.ts';
import { h, setText, uniqueId } from './element.ts';

export interface HexView {
  readonly element: HTMLElement;
  show(frame: Uint8Array, spans: readonly Span[]): void;
}

/** More than anybody reads; a frame may have megabytes. */
const shownBytes = 1024;
const hues = 5;

/**
 * A frame's bytes, coloured by what they are. Pointing at a piece explains it; with the keyboard, arrow keys go from piece
 * to piece (https://www.w3.org/WAI/ARIA/apg/patterns/listbox/).
 */
export function hexView(): HexView {
  let spans: readonly Span[] = [];
  let options: HTMLElement[] = [];
  let active = 0;
  const place = h('p', { class: 'span-place' });
  const value = h('p', { class: 'span-value' });
  const note = h('p', { class: 'detail' });
  const explanation = h('div', { class: 'explanation' }, place, value, note);
  const bytes = h('div', { class: 'hex', role: 'listbox', tabindex: '0', 'aria-label': 'Bytes of the frame' });
  const rest = h('p', { class: 'detail' });

  function choose(index: number): void {
    const next = Math.min(Math.max(index, 0), options.length - 1);
    const option = options[next];
    const span = spans[next];
    if (!option || !span) return;
    options[active]?.setAttribute('aria-selected', 'false');
    active = next;
    option.setAttribute('aria-selected', 'true');
    bytes.setAttribute('aria-activedescendant', option.id);
    setText(place, pathOf(span));
    setText(value, span.value);
    setText(note, [bytesText(span), span.note].filter(Boolean).join(' '));
  }

  const keys: Readonly<Record<string, () => number>> = {
    ArrowRight: () => active + 1,
    ArrowDown: () => active + 1,
    ArrowLeft: () => active - 1,
    ArrowUp: () => active - 1,
    Home: () => 0,
    End: () => options.length - 1,
  };
  bytes.addEventListener('keydown', (event) => {
    const next = keys[event.key];
    if (!next) return;
    event.preventDefault();
    choose(next());
    options[active]?.firstElementChild?.scrollIntoView({ block: 'nearest' });
  });
  const chooseByPointer = (event: Event): void => {
    const option = (event.target as Element).closest<HTMLElement>('[role=option]');
    if (option) choose(options.indexOf(option));
  };
  bytes.addEventListener('pointerover', chooseByPointer);
  bytes.addEventListener('click', chooseByPointer);

  return {
    element: h('div', {}, explanation, bytes, rest),
    show(frame, all) {
      spans = all.filter(({ offset }) => offset < shownBytes);
      options = spans.map((span, index) => optionOf(frame, span, hueOf(spans, index)));
      bytes.replaceChildren(...options);
      const hidden = frame.length - shownBytes;
      setText(rest, hidden > 0 ? `… and ${hidden} bytes more` : '');
      rest.hidden = hidden <= 0;
      active = 0;
      choose(0);
    },
  };
}

function optionOf(frame: Uint8Array, span: Span, hue: number): HTMLElement {
  const { offset, length, value } = span;
  const shown = frame.subarray(offset, Math.min(offset + length, shownBytes));
  const cells = Array.from(shown, (byte) => h('i', {}, byte.toString(16).padStart(2, '0')));
  const name = `${pathOf(span)}: ${value}`;
  return h(
    'span',
    {
      id: uniqueId('byte'),
      role: 'option',
      class: `hue-${hue}`,
      'aria-selected': 'false',
      'aria-label': name,
    },
    ...cells,
  );
}

/** Pieces of one place have one colour, neighbouring places different ones. */
function hueOf(spans: readonly Span[], index: number): number {
  let hue = 0;
  for (let i = 1; i <= index; i++) {
    if (spans[i]?.place.join() !== spans[i - 1]?.place.join()) hue = (hue + 1) % hues;
  }
  return hue;
}

/** `clients.create › name: lengths`; a column's label begins with the name of its field. */
function pathOf({ place, label }: Span): string {
  const outer = label.startsWith(place.at(-1) ?? ' ') ? place.slice(0, -1) : place;
  return [...outer, label].join(' › ');
}

function bytesText({ offset, length }: Span): string {
  return length === 1 ? `Byte ${offset}.` : `Bytes ${offset} to ${offset + length - 1}.`;
}
