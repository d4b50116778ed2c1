export { answerBackgroundSync, requestBackgroundSync, type SyncRegistration } from './lib/client/background.ts';
