import { afterAll, beforeAll, describe } from 'vitest';
import { postgresPrograms, unlessNoPostgres } from '../integrations/support/postgres.ts';
import { endStoreServer, startStoreServer } from '../support/store-server.ts';

// The same promises on the other database. What is said of files alone (store.test.ts) is left out.

describe.skipIf(postgresPrograms() === undefined)(`on PostgreSQL${unlessNoPostgres()}`, async () => {
  beforeAll(startStoreServer);
  afterAll(endStoreServer);

  await import('./audit.test.ts');
  await import('./budget.test.ts');
  await import('./change-store.test.ts');
  await import('./denials.test.ts');
  await import('./moments.test.ts');
  await import('./several-processes.test.ts');
  await import('./whose-store.test.ts');
});
