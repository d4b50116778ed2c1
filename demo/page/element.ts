type Child = Node | string | null | undefined | false;
type Props = Readonly<Record<string, string | boolean | ((event: Event) => void)>>;

/**
 * Makes an element. A function is a listener (`onclick`), `true` an attribute without a value, `false` none.
 *
 * Text is only ever text: nothing that a person wrote is read as markup.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets text only where it differs: a live region speaks again at every change. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

let lastId = 0;

/** For `for`, `aria-labelledby` and the like. */
export function uniqueId(prefix: string): string {
  return `${prefix}-${++lastId}`;
}
