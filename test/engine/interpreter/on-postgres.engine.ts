import { afterAll, beforeAll, describe } from 'vitest';
import { postgresPrograms, unlessNoPostgres } from '../../integrations/support/postgres.ts';
import { endStoreServer, startStoreServer } from '../../support/store-server.ts';

// The same promises where store and journal are in PostgreSQL, and runs are dispatched by DBOS.

describe.skipIf(postgresPrograms() === undefined)(`on PostgreSQL${unlessNoPostgres()}`, async () => {
  beforeAll(startStoreServer);
  afterAll(endStoreServer);

  await import('./asked.test.ts');
  await import('./attempts.test.ts');
  await import('./death.test.ts');
  await import('./faults.test.ts');
  await import('./gates.test.ts');
  await import('./over.test.ts');
  await import('./run-playbook.test.ts');
  await import('./sent.test.ts');
  await import('./several.test.ts');
  await import('./slow.test.ts');
  await import('./theirs.test.ts');
  await import('./tickets.test.ts');
});
