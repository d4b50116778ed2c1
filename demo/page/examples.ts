import type { ClientValues } from './client-form.ts';

const names = [
  'Ana López',
  'Björn Dahl',
  'Chiara Rossi',
  'Dimitri Papas',
  'Eva Novák',
  'Fatou Diop',
  'Grace Okafor',
  'Hiro Tanaka',
  'Inês Costa',
  'Jonas Weber',
];

/** Ten people, one packet each; their addresses are new each time, since an address is taken only once. */
export function exampleClients(): ClientValues[] {
  const suffix = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36);
  return names.map((name, index) => ({
    name,
    email: `${name
      .normalize('NFD')
      .replaceAll(/[^A-Za-z ]/g, '')
      .toLowerCase()
      .replace(' ', '.')}.${suffix}@example.org`,
    ...(index % 3 === 0 && { phone: `+34 600 000 0${index}${index}` }),
  }));
}
