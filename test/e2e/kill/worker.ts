// The service worker of background.test.ts: sends what pages have left.
import { answerBackgroundSync } from '../../../src/background.ts';
import { crudpClient, indexedDbStorage } from '../../../src/client.ts';
import { app } from './contract.ts';

answerBackgroundSync(self, () => crudpClient(app, { url: '/api', user: 'ana', storage: indexedDbStorage('kill') }));
