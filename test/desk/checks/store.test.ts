import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Check, checksOf } from '../../../src/desk/checks/check.ts';
import { storeChecks } from '../../../src/desk/checks/store.ts';
import type { Vigie } from '../../../src/pipeline/vigie.ts';
import { openStore } from '../../../src/store/store.ts';
import {
  postgresPrograms,
  type RealPostgres,
  unlessNoPostgres,
} from '../../integrations/support/postgres.ts';
import { sampleKeys } from '../../store/sample-store.ts';
import { startVigie } from '../../support/start-vigie.ts';
import { endStoreServer, newDatabase, startStoreServer } from '../../support/store-server.ts';

async function checksFor(vigie: Pick<Vigie, 'store'>): Promise<string[]> {
  const found: Check[] = [];
  for await (const check of checksOf('store', () => storeChecks(vigie))) found.push(check);
  return found.map(
    ({ state, what }) => `${state}: ${what.replaceAll(/\d+(\.\d+)? ms|\d+\.\d+ s|:\d+/g, 'N')}`,
  );
}

test('of a store that is a file doctor says nothing here', async () => {
  const running = await startVigie();
  onTestFinished(() => running.stop());
  expect(await checksFor(running.vigie)).toEqual([]);
});

describe.skipIf(postgresPrograms() === undefined)(`of a store in PostgreSQL${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  beforeAll(async () => {
    server = await startStoreServer();
  });
  afterAll(endStoreServer);

  const opened = async (aheadMs: number) => {
    const { url, sql } = newDatabase(server);
    const now = () => new Date(Date.now() - aheadMs);
    const store = await openStore({ postgres: url, keys: sampleKeys, now });
    onTestFinished(() => store.close());
    return { sql, vigie: { store: () => Promise.resolve(store) } };
  };

  test('doctor says what it is, how it is reached, and that it would forget what it confirmed', async () => {
    const { vigie } = await opened(0);
    expect(await checksFor(vigie)).toEqual([
      expect.stringMatching(/^fine: PostgreSQL store\d+ at 127.0.0.1N: version 15\S+, a write takes N$/),
      'fine: it is reached within this machine',
      'wrong: the server runs with fsync off: what it confirmed can be lost with a power cut, approvals and audit too',
      'note: every login of its server may connect to it, and hold up all that is written, the kill switch too',
      expect.stringMatching(/^fine: its clock is N (ahead of|behind) this machine's$/),
    ]);
  });

  test.each([
    [5_000, "note: its clock is N ahead of this machine's"],
    [-60_000, "wrong: its clock is N behind this machine's"],
  ])('a clock that is %d ms ahead is told', async (aheadMs, line) => {
    expect((await checksFor((await opened(aheadMs)).vigie)).at(-1)).toBe(line);
  });

  test('where only those who were let in may connect, nothing is said of others', async () => {
    const { vigie, sql } = await opened(0);
    sql(
      "do $$ begin execute format('revoke connect on database %I from public', current_database()); end $$",
    );
    expect((await checksFor(vigie)).join()).not.toContain('every login');
  });

  test('one that takes no writes is wrong, with what to do', async () => {
    const { vigie, sql } = await opened(0);
    sql('alter role postgres set default_transaction_read_only = on');
    onTestFinished(() => void sql('set transaction read write; alter role postgres reset all'));
    sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'vigie'");
    await expect.poll(() => checksFor(vigie)).toEqual([expect.stringContaining('it takes no writes')]);
  });
});
