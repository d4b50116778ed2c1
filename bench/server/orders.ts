/** What a measured server is told. */
export type Order =
  | { readonly kind: 'memory' }
  | { readonly kind: 'watch-loop' }
  | { readonly kind: 'loop' }
  | { readonly kind: 'push'; readonly text: string };

/** What it says. */
export type Answer =
  | { readonly kind: 'ready'; readonly port: number }
  /** Resident, after a collection. */
  | { readonly kind: 'memory'; readonly bytes: number }
  /** The event loop's delay: median, 99 %, 99.9 %. */
  | { readonly kind: 'loop'; readonly ms: readonly number[] }
  /** On the clock that all processes of a machine share, in ns. */
  | { readonly kind: 'pushed'; readonly sentAt: string };
