import { type LoadingWay, loadingWays } from './loading.ts';
import { figure, ratio, table } from './markdown.ts';
import type { Utf8Figures } from './utf8.ts';

export function loadingTable(milliseconds: Readonly<Record<LoadingWay, number>>): string {
  const body = loadingWays.map((way) => [way, figure(milliseconds[way])]);
  return table(['loading, in a new process', 'ms to the first frame'], body);
}

export function utf8Table(figures: Utf8Figures): string {
  const body = (['ascii', 'spanish'] as const).map((text) => {
    const { wasm, portable, TextDecoder } = figures[text];
    return [text, figure(wasm), figure(portable), figure(TextDecoder), ratio(portable, wasm), ratio(TextDecoder, wasm)];
  });
  return table(
    ['judging 64 KB of UTF-8, µs', 'module', 'twin', 'TextDecoder', 'twin / module', 'TextDecoder / module'],
    body,
  );
}
