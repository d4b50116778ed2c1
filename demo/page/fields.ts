import { h, uniqueId } from './element.ts';

/** A labelled control, ready to stand in a form. */
export interface Field<E extends HTMLElement> {
  readonly element: HTMLElement;
  readonly control: E;
}

type Attributes = Readonly<Record<string, string | boolean>>;

export function inputField(label: string, attributes: Attributes, value = ''): Field<HTMLInputElement> {
  const control = h('input', { id: uniqueId('field'), autocomplete: 'off', ...attributes });
  control.value = value;
  return { element: labelled(label, control), control };
}

export function selectField(label: string, attributes: Attributes = {}): Field<HTMLSelectElement> {
  const control = h('select', { id: uniqueId('field'), ...attributes });
  return { element: labelled(label, control), control };
}

/** Keeps what is chosen, as far as it is still there. */
export function setOptions(
  select: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
): void {
  const now = JSON.stringify(options);
  if (select.dataset.options === now) return;
  const chosen = select.value;
  select.dataset.options = now;
  select.replaceChildren(...options.map(([value, text]) => h('option', { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

function labelled(label: string, control: HTMLElement): HTMLElement {
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control);
}
