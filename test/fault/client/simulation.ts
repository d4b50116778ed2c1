import type { CallOptions } from '../../../src/lib/client/client-types.ts';
import type { Operation } from '../../../src/lib/client/operation.ts';
import type { Behaviour } from './app.ts';
import { type Browser, type User, users } from './browser.ts';
import { Dice } from './dice.ts';
import { judge } from './oracle.ts';
import type { PageProcess } from './page-process.ts';
import type { Issued } from './records.ts';
import { type Mutation, World } from './world.ts';

const steps = {
  create: 30,
  group: 4,
  read: 3,
  cancel: 3,
  kill_page: 4,
  open_page: 5,
  switch_user: 2,
  sign_in: 2,
  retry: 2,
  switch_off: 1,
  kill_server: 3,
  start_server: 5,
  restore: 1,
  copy_profile: 1,
  fork: 2,
  cut_streams: 3,
  stall_streams: 2,
  moment: 25,
  minute: 6,
  days: 1,
} as const;

/** How much time a run may take to come to its end once nothing is at fault any more; ms of its own clock. */
const healingMs = 600_000;

/**
 * Runs clients, pages and a server under faults that a seed chooses, heals everything, and judges what has become of
 * each packet.
 *
 * @returns How many packets were judged.
 * @throws Where one was lost, doubled, or out of order; the message names it.
 */
export async function simulate(seed: number, mutation?: Mutation): Promise<number> {
  const dice = new Dice(seed);
  const world = new World(dice, mutation);
  await world.server.start();
  world.addBrowser().open('ana');
  if (dice.chance(0.3)) world.addBrowser().open('ana');
  world.faultRate = dice.pick([0, 0.1, 0.3, 0.6]) ?? 0;
  const count = dice.between(10, 60);
  for (let step = 0; step < count; step++) {
    await act(world, dice.weighted(steps));
    await world.settle(dice.between(0, 3));
    if (dice.chance(0.5)) await world.pass(dice.between(0, 40), 1);
  }
  await heal(world);
  judge(world);
  const judged = world.issued.size;
  for (const browser of world.browsers) for (const page of browser.pages) page.kill();
  await world.server.kill();
  return judged;
}

async function act(world: World, step: keyof typeof steps): Promise<void> {
  const { dice, server } = world;
  const browser = dice.pick(world.browsers) as Browser;
  const page = dice.pick(browser.pages);
  switch (step) {
    case 'create':
      if (page) issue(world, browser, page, 'create');
      return;
    case 'group':
      if (page) issueGroup(world, browser, page);
      return;
    case 'read':
      if (page) issue(world, browser, page, 'read');
      return;
    case 'cancel':
      cancelOne(world);
      return;
    case 'kill_page':
      if (page) browser.kill(page);
      return;
    case 'open_page':
      if (browser.pages.length < 4) browser.open(dice.chance(0.8) ? (browser.cookie ?? 'ana') : 'bob');
      return;
    case 'switch_user':
      world.signIn(browser, dice.pick([...users, null]) ?? null);
      return;
    case 'sign_in':
      page?.client.authenticated();
      return;
    case 'retry':
      page?.client.retry();
      return;
    case 'switch_off':
      page?.client.setOnline(dice.chance(0.5));
      return;
    case 'kill_server':
      await server.kill();
      return;
    case 'start_server':
      await server.start();
      return;
    case 'restore':
      if (dice.chance(0.5)) return;
      world.restores++;
      await server.kill();
      await server.journal.restore(dice.between(0, server.journal.size));
      return;
    case 'copy_profile':
      if (world.copies > 0 || dice.chance(0.5)) return;
      await world.copyBrowser(browser);
      return;
    case 'fork':
      if (world.copies === 0 && browser.cookie) await fork(world, browser, browser.cookie);
      return;
    case 'cut_streams':
      page?.link.cutStreams();
      return;
    case 'stall_streams':
      page?.link.stallStreams();
      return;
    case 'moment':
      await world.pass(dice.between(1, 2000), 1);
      return;
    case 'minute':
      await world.pass(dice.between(2000, 90_000), 2);
      return;
    case 'days':
      world.clock.leap(dice.between(1, 6) * 86_400_000);
  }
}

/** A browser and its copy go on from one backup, one after the other, under the same numbers. */
async function fork(world: World, browser: Browser, user: User): Promise<void> {
  const { dice, server } = world;
  const copy = await world.copyBrowser(browser);
  const backup = server.journal.size;
  const count = dice.between(1, 2);
  for (const branch of [browser, copy]) {
    await server.start();
    const page = branch.pages.find((other) => other.user === user) ?? branch.open(user);
    for (let made = 0; made < count; made++) issue(world, branch, page, 'create');
    await world.pass(dice.between(1, 400), 6);
    if (branch === copy) break;
    for (const each of [...branch.pages]) branch.kill(each);
    world.restores++;
    await server.kill();
    await server.journal.restore(backup);
  }
  if (dice.chance(0.5)) browser.open(user);
}

function issue(world: World, browser: Browser, page: PageProcess, kind: 'create' | 'read'): void {
  const { dice } = world;
  const earlier = [...world.issued.values()].filter((other) => other.page === page && other.kind === 'create');
  const needed = kind === 'create' && dice.chance(0.25) ? dice.pick(earlier) : undefined;
  const id = nextId(world, page);
  const what = behaviour(dice);
  const options: CallOptions = needed ? { after: needed.operation } : {};
  const operation = page.client.jobs[kind](record(dice, id, what), options);
  const after = needed ? [needed.id] : [];
  note(world, { id, browser, page, kind, what, after, group: [id], operation });
}

function issueGroup(world: World, browser: Browser, page: PageProcess): void {
  const { dice } = world;
  const members = Array.from({ length: dice.between(2, 3) }, (_, index) => ({
    id: `${nextId(world, page)}${'abc'[index]}`,
    what: behaviour(dice),
  }));
  const group = members.map(({ id }) => id);
  const operations = page.client.atomic((calls) =>
    members.map(({ id, what }) => calls.jobs.create(record(dice, id, what))),
  );
  for (const [index, { id, what }] of members.entries()) {
    const operation = operations[index] as Operation;
    note(world, { id, browser, page, kind: 'create', what, after: [], group, operation });
  }
}

function nextId(world: World, page: PageProcess): string {
  return `${page.user}-${world.issued.size}`;
}

function behaviour(dice: Dice): Behaviour {
  return dice.weighted({ ok: 80, refuse: 8, again: 6, slow: 6 });
}

function record(dice: Dice, id: string, what: Behaviour) {
  return { id, what, size: dice.between(0, 60_000) };
}

type Facts = Omit<Issued, 'user' | 'browsers' | 'reqId' | 'result' | 'wasCancelled' | 'wasMisled'> & {
  readonly browser: Browser;
};

function note(world: World, { browser, ...facts }: Facts): void {
  const user = facts.page.user as User;
  const issued: Issued = {
    ...facts,
    user,
    browsers: new Set([browser]),
    reqId: null,
    result: null,
    wasCancelled: false,
    wasMisled: false,
  };
  world.issued.set(issued.id, issued);
  const { operation, page } = facts;
  operation.saved.then(
    (reqId) => {
      if (page.isAlive) issued.reqId = reqId;
    },
    () => undefined,
  );
  operation.accepted.then(
    () => {
      if (page.isAlive) issued.wasMisled = !world.server.journal.hasAccepted(user, operation.reqId ?? '');
    },
    () => undefined,
  );
  const end = (result: string): void => {
    if (page.isAlive) issued.result = result;
  };
  operation.result.then(
    () => end('ok'),
    (error: { code: string }) => end(error.code),
  );
}

function cancelOne(world: World): void {
  const issued = world.dice.pick([...world.issued.values()]);
  if (!issued?.page.isAlive) return;
  issued.operation.cancel().then(
    (wasCancelled) => {
      if (!wasCancelled || !issued.page.isAlive) return;
      for (const id of issued.group) (world.issued.get(id) as Issued).wasCancelled = true;
    },
    () => undefined,
  );
}

/** Everything works again, and everybody signs in once: then every packet has to come to its end. */
async function heal(world: World): Promise<void> {
  const { server } = world;
  world.faultRate = 0;
  await server.start();
  for (const user of users) {
    for (const browser of world.browsers) {
      if (!browser.pages.some((page) => page.user === user)) browser.open(user);
      world.signIn(browser, user);
      for (const page of browser.pages) {
        page.client.setOnline(true);
        page.client.retry();
      }
    }
    await drain(world, user);
  }
}

async function drain(world: World, user: User): Promise<void> {
  const stepMs = 500;
  for (let passed = 0; passed < healingMs; passed += stepMs) {
    await world.pass(stepMs, 4);
    if (passed % 2000 !== 0) continue;
    const waiting = [];
    for (const browser of world.browsers) waiting.push(...(await browser.packets()));
    if (waiting.every((packet) => packet.user !== user)) {
      await world.settle(6);
      return;
    }
  }
  const states = world.browsers.flatMap(({ pages }) =>
    pages.map(({ client }) => {
      const { state, reason, stream, queued, isLeader } = client.status.getSnapshot();
      return `${state} ${reason} ${stream} ${queued}${isLeader ? ' leads' : ''}`;
    }),
  );
  throw new Error(`packets of ${user} never came to their end; pages: ${states.join(', ')}`);
}
