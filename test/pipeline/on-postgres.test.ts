import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { postgresPrograms, unlessNoPostgres } from '../integrations/support/postgres.ts';
import { endStoreServer, startStoreServer } from '../support/store-server.ts';

// The one path over the other store: a ticket to its end, budgets, what agreed beforehand, and processes that are killed.

/** They write into the store's file. */
const attacksOnFile = /^(a gate that says|nor one) /;

describe.skipIf(postgresPrograms() === undefined)(`on PostgreSQL${unlessNoPostgres()}`, () => {
  beforeAll(startStoreServer);
  afterAll(endStoreServer);

  describe('the one path', async () => void (await import('./one-path.test.ts')));
  describe('budgets', async () => void (await import('./budget.test.ts')));
  describe('crashes', async () => void (await import('./crash.test.ts')));
  describe('gates', async () => {
    beforeEach(({ task, skip }) => skip(attacksOnFile.test(task.name)));
    await import('./gates.test.ts');
  });
});
