/**
 * An application's own callback, which must not end what called it: another function each time.
 *
 * @param onError Told what it throws.
 */
export function guarded<A extends unknown[]>(
  callback: (...args: A) => void,
  onError: (error: unknown) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (error) {
      onError(error);
    }
  };
}
