import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { NewRun } from '../../../../src/core/journal.ts';
import { openPostgresJournal } from '../../../../src/store/journal/postgres/postgres-journal.ts';
import {
  postgresPrograms,
  type RealPostgres,
  startPostgres,
  unlessNoPostgres,
} from '../../../integrations/support/postgres.ts';
import { startPostgresWire } from '../../../support/postgres-wire.ts';
import { newDatabase } from '../../../support/store-server.ts';

const run = (id: string): NewRun => ({
  id,
  name: 'trial',
  environment: 'prod',
  digest: 'd',
  input: {},
  startedBy: { kind: 'person', name: 'carol' },
});

describe.skipIf(postgresPrograms() === undefined)(`a journal in trouble${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());

  async function opened(url: string) {
    const journal = await openPostgresJournal({ url });
    onTestFinished(() => journal.close());
    await journal.putDefinition('d', 'source');
    return journal;
  }

  async function overWire() {
    const { url } = newDatabase(server);
    const wire = await startPostgresWire(server);
    onTestFinished(() => wire.close());
    const to = new URL(url);
    to.port = String(wire.port);
    return { wire, journal: await opened(to.href), sees: await opened(url) };
  }

  test('a run whose start was kept is told as started, also where the answer was lost', async () => {
    const { wire, journal, sees } = await overWire();
    wire.cutCommit('after');
    expect(await journal.start(run('one'))).toBe('started');
    wire.cutCommit('after');
    expect((await journal.claim('w', { max: 1, leaseMs: 30_000 })).map(({ lease }) => lease.run)).toEqual([
      'one',
    ]);
    expect(await sees.get('one')).toMatchObject({ status: 'running', worker: 'w' });
  });

  test('a start that never arrived is told as not made, and may be tried again', async () => {
    const { wire, journal, sees } = await overWire();
    wire.cutCommit('before');
    await expect(journal.start(run('one'))).rejects.toMatchObject({ code: 'STORE', retryable: true });
    expect(await sees.get('one')).toBeUndefined();
    expect(await journal.start(run('one'))).toBe('started');
  });

  test('where nobody can say what became of it, that is said, and not to be tried again', async () => {
    const { wire, journal } = await overWire();
    wire.cutCommit('for good');
    await expect(journal.start(run('one'))).rejects.toMatchObject({
      code: 'STORE',
      retryable: false,
      details: { reason: 'in doubt' },
    });
  });

  test('what others put into the schema public is not called', async () => {
    const { url, sql } = newDatabase(server);
    sql(`create function public.loud(numeric, integer) returns numeric language plpgsql
           as $$ begin raise exception 'called'; end $$;
         create operator public.* (leftarg = numeric, rightarg = integer, function = public.loud)`);
    const journal = await opened(url);
    expect(await journal.start(run('one'))).toBe('started');
    expect(await journal.claim('w', { max: 1, leaseMs: 30_000 })).toHaveLength(1);
  });

  test('what a role has as its own default of isolation does not count', async () => {
    const { url, sql } = newDatabase(server);
    sql('alter role current_user set default_transaction_isolation = serializable');
    onTestFinished(() => void sql('alter role current_user reset default_transaction_isolation'));
    const journals = await Promise.all([opened(url), opened(url), opened(url)]);
    for (let each = 0; each < 12; each += 1) await journals[0].start(run(`run${each}`));
    await Promise.all(
      journals.map(async (journal, index) => {
        const leases = (await journal.claim(`w${index}`, { max: 4, leaseMs: 30_000 })).map(
          ({ lease }) => lease,
        );
        for (let attempt = 1; attempt < 30; attempt += 1) {
          await Promise.all([
            journal.renew(leases, 30_000),
            ...leases.map(lease =>
              journal.record(lease, [{ path: `step${attempt}`, attempt: 1, state: 'done', output: {} }]),
            ),
          ]);
        }
      }),
    );
  });
});
