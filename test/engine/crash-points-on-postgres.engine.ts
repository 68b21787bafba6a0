import { afterAll, beforeAll, describe } from 'vitest';
import { postgresPrograms, unlessNoPostgres } from '../integrations/support/postgres.ts';
import { endStoreServer, startStoreServer } from '../support/store-server.ts';
import { survivesCrashes } from './crash-points.ts';

describe.skipIf(postgresPrograms() === undefined)(`on PostgreSQL${unlessNoPostgres()}`, () => {
  beforeAll(startStoreServer);
  afterAll(endStoreServer);
  survivesCrashes();
});
