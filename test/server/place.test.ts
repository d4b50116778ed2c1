import { describe, expect, it } from 'vitest';
import { nowhere } from '../../src/lib/server/journal.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { note } from './app.ts';
import { creates, type Sender, serve } from './harness.ts';

const tags = ['0', 'a1', 'a2', 'a3', 'b3', 'b4'].map((tag) => tag.padStart(16, '0'));

async function runsOf(server: Awaited<ReturnType<typeof serve>>, seq: number): Promise<string[]> {
  await server.logged('handler_finished', ({ reqId }) => reqId.endsWith(`.${seq}`));
  return server.ran.map((reqId) => reqId.split('.')[1] ?? '');
}

/** Packets 1 and 2, accepted with tag 2. */
async function acceptedTwo(sender: Sender): Promise<string> {
  const answer = await sender.post([creates(1, note('a')), creates(2, note('b'))], { tag: tags[2] as string });
  expect(answer.status).toBe(202);
  return String(answer.json.epoch);
}

describe('The place of an outbox', () => {
  it('says where it stands to a client whose 202 was lost', async () => {
    const server = await serve();
    const ana = server.sender();
    const epoch = await acceptedTwo(ana);
    const again = await ana.post([creates(1, note('a')), creates(2, note('b'))], {
      after: nowhere,
      tag: tags[2] as string,
    });
    expect([again.status, again.json]).toEqual([
      409,
      { code: 'moved', message: expect.any(String), epoch, accepted: 2, tag: tags[2] },
    ]);
    expect(await runsOf(server, 2)).toEqual(['1', '2']);
  });

  it('runs nothing twice when a duplicate arrives late', async () => {
    const server = await serve();
    const ana = server.sender();
    const epoch = await acceptedTwo(ana);
    const place = { epoch, seq: 2, tag: tags[2] as string };
    await ana.post([creates(3, note('c'))], { after: place, tag: tags[3] as string });
    // A frame of the time before 3 was sent, held up in some network: it has nothing new, and After is below accepted.
    const late = await ana.post([creates(1, note('a')), creates(2, note('b'))], {
      after: place,
      tag: tags[2] as string,
    });
    expect(late.status).toBe(202);
    expect(late.json).toMatchObject({ accepted: 3 });
    const lateFirst = await ana.post([creates(1, note('a'))], { after: nowhere, tag: tags[1] as string });
    expect(lateFirst.json).toMatchObject({ code: 'moved', accepted: 3, tag: tags[3] });
    expect(await runsOf(server, 3)).toEqual(['1', '2', '3']);
  });

  it('lets one of two senders win', async () => {
    const server = await serve();
    const ana = server.sender();
    const epoch = await acceptedTwo(ana);
    const after = { epoch, seq: 2, tag: tags[2] as string };
    const answers = await Promise.all([
      ana.post([creates(3, note('c'))], { after, tag: tags[3] as string }),
      ana.post([creates(3, note('c'))], { after, tag: tags[3] as string }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(answers.find(({ status }) => status === 409)?.json).toMatchObject({ accepted: 3, tag: tags[3] });
    expect(await runsOf(server, 3)).toEqual(['1', '2', '3']);
  });

  it('tells a copied profile that its number is another packet', async () => {
    const server = await serve();
    const ana = server.sender();
    const epoch = await acceptedTwo(ana);
    const after = { epoch, seq: 2, tag: tags[2] as string };
    await ana.post([creates(3, note('original'))], { after, tag: tags[3] as string });
    const copy = await ana.post([creates(3, note('copy')), creates(4, note('copy'))], {
      after,
      tag: tags[5] as string,
    });
    expect([copy.status, copy.json]).toEqual([
      409,
      expect.objectContaining({ code: 'moved', accepted: 3, tag: tags[3] }),
    ]);
    // Same number, another tag: not the place either.
    const forged = await ana.post([creates(4, note('copy'))], {
      after: { epoch, seq: 3, tag: tags[4] as string },
      tag: tags[5] as string,
    });
    expect(forged.json).toMatchObject({ code: 'moved', accepted: 3, tag: tags[3] });
    expect(await runsOf(server, 3)).toEqual(['1', '2', '3']);
  });

  it('refuses what it cannot know after its journal was replaced', async () => {
    const first = await serve();
    const epoch = await acceptedTwo(first.sender());
    const second = await serve({ journal: memoryJournal() });
    const ana = second.sender();
    const after = { epoch, seq: 2, tag: tags[2] as string };
    const moved = await ana.post([creates(3, note('c'))], { after, tag: tags[3] as string });
    expect([moved.status, moved.json]).toEqual([409, expect.objectContaining({ epoch: '0', accepted: 0, tag: '0' })]);
    // Asking only: After is above accepted, so that is refused too, and nothing is called forgotten by mistake.
    const asked = await ana.post([creates(1, note('a'))], { after, tag: tags[1] as string });
    expect(asked.json).toMatchObject({ code: 'moved', accepted: 0 });
  });

  it('keeps two users apart whose outboxes have the same number', async () => {
    const server = await serve();
    await acceptedTwo(server.sender('ana'));
    const luis = await server.sender('luis').post([creates(1, note('x'))], { tag: tags[4] as string });
    expect(luis.status).toBe(202);
    expect(luis.json).toMatchObject({ accepted: 1 });
  });
});
