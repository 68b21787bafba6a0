import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { openPostgresJournal } from '../../../../src/store/journal/postgres/postgres-journal.ts';
import {
  postgresPrograms,
  type RealPostgres,
  startPostgres,
  unlessNoPostgres,
} from '../../../integrations/support/postgres.ts';
import { conforms } from '../conformance.ts';
import { survivesDeaths, survivesStandstill } from '../deaths.ts';
import { urlOf } from './url-of.ts';

describe.skipIf(postgresPrograms() === undefined)(`on PostgreSQL${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());

  conforms(async () => {
    server.sql('drop schema if exists vigie_runs cascade');
    const clock = { at: Date.UTC(2026, 10, 22, 3) };
    const open = () => openPostgresJournal({ url: urlOf(server), clock: () => clock.at });
    // Both at once, as two machines that are started together.
    const [journal, other] = await Promise.all([open(), open()]);
    onTestFinished(() => Promise.all([journal.close(), other.close()]).then(() => undefined));
    return { journal, other, clock };
  });

  const place = async (): Promise<string> => {
    server.sql('drop schema if exists vigie_runs cascade');
    return urlOf(server);
  };
  survivesDeaths(place);
  survivesStandstill(place);
});
