// Contract, modules, client and server in one process, for an application's tests.
export { ManualClock } from './lib/testing/manual-clock.ts';
export { type TestApp, type TestAppOptions, type TestUser, testApp } from './lib/testing/test-app.ts';
