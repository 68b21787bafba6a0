import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../src/store/store.ts';
import {
  postgresPrograms,
  type RealPostgres,
  startPostgres,
  unlessNoPostgres,
} from '../integrations/support/postgres.ts';
import { startFakePooler } from '../support/fake-pooler.ts';
import { startPostgresWire } from '../support/postgres-wire.ts';
import { endStoreServer, newDatabase, startStoreServer } from '../support/store-server.ts';
import { roomFor, samplePlan } from './sample-plan.ts';
import { sampleApproval, sampleKeys } from './sample-store.ts';

const now = () => new Date('2026-11-21T10:00:00Z');

describe.skipIf(postgresPrograms() === undefined)(`a broken wire${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  beforeAll(async () => {
    server = await startStoreServer();
  });
  afterAll(endStoreServer);

  async function overWire() {
    const { url, sql } = newDatabase(server);
    const wire = await startPostgresWire(server);
    const open = async (port: number): Promise<Store> => {
      const to = new URL(url);
      to.port = String(port);
      const store = await openStore({ postgres: to.href, keys: sampleKeys, now });
      onTestFinished(() => store.close());
      return store;
    };
    const store = await open(wire.port);
    onTestFinished(() => wire.close());
    return { wire, sql, store, sees: await open(server.port), name: new URL(url).pathname.slice(1) };
  }

  const propose = async (store: Store) => {
    const plan = samplePlan();
    const audit = { event: 'ticketed', changeId: plan.id, facts: {} } as const;
    const record = { summary: 's', diff: 'd', undo: 'possible' };
    await store.changes.propose({ plan, record, state: 'waiting', within: roomFor(plan), audit });
    return plan.id;
  };

  test('that loses the answer to a COMMIT loses nothing: the server is asked what became of it', async () => {
    const { wire, store, sees } = await overWire();
    const id = await propose(store);
    wire.cutCommit('after');
    const claim = {
      id,
      owner: 'p1',
      leaseMs: 30_000,
      approval: sampleApproval({ ticket: id }),
      audit: { event: 'approved', changeId: id, facts: {} },
    } as const;
    expect(await store.changes.claim(claim)).toEqual({ epoch: 1 });
    expect(await store.changes.fence({ id, owner: 'p1', epoch: 1, leaseMs: 30_000 })).toBe(true);
    expect(await sees.changes.claim({ ...claim, owner: 'p2' })).toBeUndefined();
    expect(await sees.audit.verify()).toMatchObject({ ok: true, rows: 2 });
  });

  test('that loses a COMMIT itself: nothing was written, which is said, and the next try goes', async () => {
    const { wire, store, sees } = await overWire();
    wire.cutCommit('before');
    await expect(propose(store)).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
      hint: 'Try again: nothing was written.',
      details: { reason: 'aborted' },
    });
    expect(await sees.changes.list({ limit: 9 })).toEqual([]);
    await propose(store);
    expect(await sees.audit.verify()).toMatchObject({ ok: true, rows: 1 });
  });

  test('that loses both the answer and the server: that it is not known is said, and not to be tried again', async () => {
    const { wire, store, sees } = await overWire();
    wire.cutCommit('for good');
    await expect(propose(store)).rejects.toMatchObject({
      code: 'STORE',
      retryable: false,
      hint: expect.stringContaining('vigie changes list'),
      details: { reason: 'in doubt' },
    });
    expect(await sees.changes.list({ limit: 9 })).toHaveLength(1);
  });

  test('behind which another server answers then: its word for that number does not count', async () => {
    const { wire, store, name } = await overWire();
    const other = await startPostgres();
    onTestFinished(() => other.close());
    other.sql(`create database ${name}`);
    // Every number that the first server may have given is one of a transaction here.
    const last = Number(server.sql('select pg_current_xact_id()')) + 50;
    other.sql(`do $$ begin while pg_current_xact_id()::text::bigint < ${last} loop commit; end loop; end $$`);
    wire.cutCommitAndLeadTo(other.port);
    await expect(propose(store)).rejects.toMatchObject({ code: 'STORE', details: { reason: 'in doubt' } });
  });

  test('between two calls is another connection at the next', async () => {
    const { sql, store } = await overWire();
    await propose(store);
    sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'vigie'");
    await expect.poll(() => propose(store).catch(() => undefined)).toBeTypeOf('string');
    await expect.poll(() => store.changes.list({ limit: 9 }).catch(() => [])).toHaveLength(2);
  });

  test('that falls silent ends what waits for it, and is said to be broken', async () => {
    const { wire, store } = await overWire();
    await propose(store);
    wire.fallSilent();
    await expect(store.audit.head()).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
      message: expect.stringContaining('the connection broke or could not be made'),
    });
  });

  test.each(['refused', 'left out'] as const)(
    'to a pooler by which the settings of a connection are %s is not used, and says why',
    async options => {
      const to = new URL(newDatabase(server).url);
      to.port = String(await startFakePooler(server, { options }));
      await expect(openStore({ postgres: to.href, keys: sampleKeys, now })).rejects.toMatchObject({
        code: 'STORE',
        retryable: false,
        message: expect.stringContaining('drops the settings of our connections'),
        hint: expect.stringContaining('Let the URL lead to the server itself'),
      });
    },
  );
});
