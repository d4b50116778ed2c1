const key = 'crudp-demo:offline';

/** Whether the person wishes to work offline: for all pages of this browser, and after a reload too. */
export function isSwitchedOff(): boolean {
  return localStorage.getItem(key) !== null;
}

export function rememberSwitch(isOff: boolean): void {
  if (isOff) localStorage.setItem(key, '1');
  else localStorage.removeItem(key);
}
