import type { Member } from '../fixtures.ts';

/** A member whose id is in its two parts, as a rival may carry it in fewer bytes than as text. */
export type TickedMember = Omit<Member, 'id'> & { readonly ticks: bigint; readonly node: number };

export function toTicks({ id, ...rest }: Member): TickedMember {
  const dot = id.indexOf('.');
  return { ticks: BigInt(id.slice(0, dot)), node: Number(id.slice(dot + 1)), ...rest };
}

/** Makes the text again: it is what the application put in. */
export function fromTicks({ ticks, node, ...rest }: TickedMember): Member {
  return { id: `${ticks}.${node}`, ...rest };
}
