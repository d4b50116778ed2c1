import { indexedDbStorage } from '../../../src/lib/client/storages/indexeddb.ts';
import { testStorage } from '../../contracts/storage.ts';

testStorage(async () => {
  const name = crypto.randomUUID();
  return { storage: indexedDbStorage(name), again: indexedDbStorage(name) };
});
