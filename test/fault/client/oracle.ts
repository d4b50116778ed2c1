import type { EffectRow } from './journal-host.ts';
import type { Heard, Issued } from './records.ts';
import type { World } from './world.ts';

/** With these a packet has not run, or what it did was undone. */
const withoutEffect = new Set(['failed', 'skipped', 'rolled_back', 'cancelled', 'expired', 'too_large']);

/**
 * Judges a run that has come to its end by what the protocol promises.
 *
 * @throws Where a promise was broken.
 */
export function judge(world: World): void {
  const rows = byId(world.server.journal.rows);
  const lost = new Set(world.server.journal.lost.map(({ id }) => id));
  const heard = byId(world.heard);
  for (const issued of world.issued.values()) {
    const facts = { world, issued, effects: rows.get(issued.id) ?? [], heard: heard.get(issued.id) ?? [] };
    // One that another page has ended here may be counted among its neighbours for a moment.
    const endedHere = facts.heard.some(({ status }) => withoutEffect.has(status));
    if (issued.wasMisled && !endedHere) fail(issued, 'was called accepted, and the server never had it');
    judgeEndings(facts);
    judgeEffects(facts, lost.has(issued.id));
  }
  judgeGroups(world, rows);
  judgeOrder(world);
}

interface Facts {
  readonly world: World;
  readonly issued: Issued;
  readonly effects: readonly EffectRow[];
  readonly heard: readonly Heard[];
}

/** Each browser that has the packet tells of its one end; each of its pages once at most. */
function judgeEndings({ issued, heard }: Facts): void {
  for (const browser of issued.browsers) {
    const here = heard.filter((one) => one.browser === browser);
    if (issued.reqId !== null && here.length === 0) fail(issued, `${browser.name} was never told what became of it`);
    const statuses = new Set(here.map(({ status }) => status));
    if (statuses.size > 1) fail(issued, `${browser.name} was told of two ends: ${[...statuses].join(', ')}`);
    const pages = new Set(here.map(({ page }) => page));
    if (pages.size < here.length) fail(issued, `a page of ${browser.name} was told twice`);
    if (issued.wasCancelled && browser === [...issued.browsers][0] && !statuses.has('cancelled')) {
      fail(issued, 'was cancelled, and then was not');
    }
  }
  // The handler answers with what it was given.
  const foreign = heard.find(({ status, told }) => status === 'ok' && !told.includes(issued.id));
  if (foreign) fail(issued, "was told another's result");
  const own = heard.find(({ page }) => page === issued.page);
  // Who reads is told after 30 s that there is no answer yet.
  const gaveUp = issued.kind === 'read' && issued.result === 'expired';
  if (own && !gaveUp && issued.result !== own.status)
    fail(issued, `its operation ended as ${issued.result}, told was ${own.status}`);
  if (!own && !gaveUp && issued.result !== null && issued.reqId !== null)
    fail(issued, `ended as ${issued.result}, untold`);
}

function judgeEffects({ world, issued, effects, heard }: Facts, wasLost: boolean): void {
  if (effects.some(({ user }) => user !== issued.user)) fail(issued, 'ran as another user');
  // A copied profile whose packets wait may run them once each; a journal set back takes a frame that comes late for new.
  if (effects.length > issued.browsers.size + world.restores) fail(issued, `has ${effects.length} effects`);
  for (const { status } of heard) {
    if (withoutEffect.has(status)) {
      if (effects.length > 0 && issued.browsers.size === 1) fail(issued, `ended as ${status} and has an effect`);
    } else if (status === 'ok') {
      // The backup is older than the result: what the server knew then is what it knows now.
      if (issued.kind === 'create' && effects.length === 0 && !wasLost) fail(issued, 'ended well without an effect');
    } else if (status !== 'forgotten' || world.copies === 0) {
      fail(issued, `ended as ${status}`);
    }
  }
}

function judgeGroups(world: World, rows: ReadonlyMap<string, readonly EffectRow[]>): void {
  const lost = new Set(world.server.journal.lost.map(({ id }) => id));
  for (const issued of world.issued.values()) {
    const has = (id: string): boolean => rows.has(id) || lost.has(id);
    if (issued.group.some((id) => has(id) !== has(issued.id))) fail(issued, 'its atomic group came apart');
    if (has(issued.id) && !issued.after.every(has)) fail(issued, 'ran although what it waits for has not');
  }
}

/** Packets of one outbox run in order. */
function judgeOrder(world: World): void {
  const last = new Map<string, number>();
  for (const { id, reqId } of world.server.journal.rows) {
    const [outbox = '', seq] = reqId.split('.');
    const before = last.get(outbox) ?? 0;
    if (Number(seq) <= before) throw new Error(`${id}: ${reqId} ran after ${before}`);
    last.set(outbox, Number(seq));
  }
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(item.id, [...(groups.get(item.id) ?? []), item]);
  return groups;
}

function fail({ id, user, kind, what, reqId }: Issued, message: string): never {
  throw new Error(`${id} (${kind} ${what} of ${user}, ${reqId ?? 'not saved'}): ${message}`);
}
