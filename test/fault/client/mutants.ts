import type {
  OutboxRow,
  Storage,
  StorageConnection,
  TableName,
  Tables,
  WriteTransaction,
} from '../../../src/lib/client/storage.ts';
import type { SyncAnswer, SyncRequest } from '../../../src/lib/client/transport.ts';
import type { Codec } from '../../../src/lib/codec/codec.ts';
import { portableCodec } from '../../../src/lib/codec/portable-codec.ts';
import type { RequestPacket } from '../../../src/lib/packet.ts';
import { app } from './app.ts';
import type { Mutation } from './world.ts';

/** Each breaks one rule of PROTOCOL.md C.2 at a seam; the oracle has to notice. */
export const mutants: Readonly<Record<string, Mutation>> = {
  'After is not compared': {
    journal: {
      accept: async (batch, journal) => ({ ...batch, after: await journal.place(batch) }),
    },
  },
  'After is compared without its tag': {
    journal: {
      async accept(batch, journal) {
        const { seq, tag } = await journal.place(batch);
        return seq === batch.after.seq ? { ...batch, after: { ...batch.after, tag } } : batch;
      },
    },
  },
  'After is compared only where packets are new': {
    journal: {
      async accept(batch, journal) {
        const isNew = batch.packets.some(({ seq }) => seq > batch.after.seq);
        return isNew ? batch : { ...batch, after: await journal.place(batch) };
      },
    },
  },
  'a frame has a hole': {
    codec: (codec) =>
      encoding(codec, (packets) => (packets.length < 3 ? packets : [...packets.slice(0, 1), ...packets.slice(2)])),
  },
  'results are acknowledged before they are stored': {
    codec: (codec) => ({
      ...codec,
      encodeRequest: (contract, batch) => codec.encodeRequest(contract, { ...batch, oldest: 0 }),
    }),
  },
  'a packet is deleted when it is accepted, not when its result is stored': {
    storage: (storage) =>
      writing(storage, (tx) => ({
        put(table, row) {
          tx.put(table, row);
          if (table !== 'outboxes') return;
          const { user, outbox, place } = row as OutboxRow;
          tx.deleteAll('packets', { prefix: [user, outbox], upTo: place.seq });
        },
      })),
  },
  'a packet is deleted when it is sent': {
    storage: (storage) =>
      writing(storage, (tx) => ({
        put(table, row) {
          tx.put(table, row);
          if (table !== 'outboxes') return;
          const { user, outbox, sentSeq } = row as OutboxRow;
          tx.deleteAll('packets', { prefix: [user, outbox], upTo: sentSeq });
        },
      })),
  },
  'a 401 ends what was sent': {
    link: { answer: (answer) => (answer.status === 401 ? { ...answer, status: 400 } : answer) },
  },
  'a packet is not marked as sent': {
    storage: (storage) =>
      writing(storage, (tx) => ({
        put(table, row) {
          tx.put(table, table === 'outboxes' ? { ...row, sentSeq: (row as OutboxRow).place.seq } : row);
        },
      })),
  },
  'the place is not stored': {
    storage: (storage) =>
      writing(storage, (tx) => ({
        put(table, row) {
          const isPlace = table === 'outboxes' && (row as OutboxRow).place.seq > 0;
          tx.put(table, isPlace ? { ...row, place: { epoch: '0', seq: 0, tag: '0' } } : row);
        },
      })),
  },
  'a result is handed out in memory only': {
    storage: (storage) =>
      writing(storage, (tx) => ({
        put: (table, row) => void (table === 'feed' || tx.put(table, row)),
      })),
  },
  'a place is compared without its tag': {
    link: {
      answer(answer, { frame, tag }) {
        const json = answer.json as { code?: string; accepted?: number } | undefined;
        const last = portableCodec().decodeRequest(app, frame).packets.at(-1)?.seq;
        return json?.code === 'moved' && json.accepted === last ? { ...answer, json: { ...json, tag } } : answer;
      },
    },
  },
  "a captive portal's 200 is believed": {
    link: { answer: (answer, request) => (answer.isServer ? answer : believed(request)) },
  },
  '202 is said before anything is stored': {
    link: { answer: (answer, request) => (answer.status === 503 ? believed(request) : answer) },
  },
  "another user's queue is sent": {
    link: { request: (request, cookie) => ({ ...request, user: cookie ?? request.user }) },
  },
  'effects are not committed with the results': { journal: { splitsEffects: true } },
};

/** A 202 that the server has never given. */
function believed({ after, frame, tag }: SyncRequest): SyncAnswer {
  const epoch = after.epoch === '0' ? '00000000000000e1' : after.epoch;
  // More than any frame here holds: all of it counts as accepted.
  return { isServer: true, status: 202, json: { epoch, accepted: after.seq + frame.length, tag } };
}

function encoding(codec: Codec, change: (packets: readonly RequestPacket[]) => readonly RequestPacket[]): Codec {
  return {
    ...codec,
    encodeRequest: (contract, batch) =>
      codec.encodeRequest(contract, { ...batch, packets: change(batch.packets) as RequestPacket[] }),
  };
}

type Puts = { put<T extends TableName>(table: T, row: Tables[T]): void };

/** A storage whose writers put rows by other rules. */
function writing(storage: Storage, change: (tx: WriteTransaction) => Puts): Storage {
  return {
    ...storage,
    connect(hear): StorageConnection {
      const connection = storage.connect(hear);
      return {
        read: (work) => connection.read(work),
        write: (work) =>
          connection.write((tx) => {
            const changed = change(tx);
            return work({
              get: (table, key) => tx.get(table, key),
              list: (table, range, limit) => tx.list(table, range, limit),
              put: (table, row) => changed.put(table, row),
              delete: (table, key) => tx.delete(table, key),
              deleteAll: (table, range) => tx.deleteAll(table, range),
            });
          }),
        tell: (note) => connection.tell(note),
        close: () => connection.close(),
      };
    },
  };
}
