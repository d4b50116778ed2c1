import { memoryStorage } from '../../../src/lib/client/storages/memory.ts';
import { testStorage } from '../../contracts/storage.ts';

testStorage(async () => {
  const storage = memoryStorage();
  return { storage, again: storage };
});
