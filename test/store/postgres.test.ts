import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { openStore } from '../../src/store/store.ts';
import {
  postgresPrograms,
  type RealPostgres,
  startPostgres,
  unlessNoPostgres,
} from '../integrations/support/postgres.ts';
import { endStoreServer, newDatabase, startStoreServer } from '../support/store-server.ts';
import { sampleKeys } from './sample-store.ts';

const now = () => new Date('2026-11-21T10:00:00Z');
const row = { event: 'refused', facts: {} } as const;

async function open(url: string) {
  const store = await openStore({ postgres: url, keys: sampleKeys, now });
  onTestFinished(() => store.close());
  return store;
}

/** The same database for another user. */
function asUser(url: string, user: string, password = ''): string {
  const to = new URL(url);
  to.username = user;
  to.password = password;
  return to.href;
}

describe.skipIf(postgresPrograms() === undefined)(`a store in PostgreSQL${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  beforeAll(async () => {
    server = await startStoreServer();
    server.sql("create role app login password 'app'");
  });
  afterAll(endStoreServer);

  async function byHand(url: string): Promise<Client> {
    const client = new Client(url);
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  }

  test('is not forked by a role whose transactions are serializable by default', async () => {
    const { url, sql } = newDatabase(server);
    sql('create schema vigie authorization app');
    sql("alter role app set default_transaction_isolation = 'serializable'");
    sql("alter role app set synchronous_commit = 'off'");
    onTestFinished(() => void sql('alter role app reset all'));
    const stores = await Promise.all([1, 2, 3].map(() => open(asUser(url, 'app', 'app'))));
    const appends = stores.flatMap(store => Array.from({ length: 20 }, () => store.audit.append(row)));
    await Promise.all(appends);
    expect(await stores[0]?.audit.verify()).toMatchObject({ ok: true, rows: 60 });
  });

  test('that another process holds for longer than we wait is refused, and goes on afterwards', async () => {
    const { url } = newDatabase(server);
    const store = await open(url);
    const other = await byHand(url);
    await other.query('begin');
    await other.query('select pg_advisory_xact_lock(1449748329, 1)');
    await expect(store.audit.append(row)).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
      message: expect.stringContaining('another process holds it'),
      details: { reason: '55P03' },
    });
    const crowd = await Promise.allSettled([1, 2, 3, 4, 5].map(() => store.audit.append(row)));
    expect(crowd.map(each => each.status === 'rejected' && String(each.reason))).toEqual([
      expect.stringContaining('another process holds it'),
      ...Array.from({ length: 3 }, () => expect.stringMatching(/another process holds it|asks more of it/)),
      expect.stringContaining('this process asks more of it than it does at once'),
    ]);
    // Reading waits for nobody.
    expect(await store.audit.head()).toMatchObject({ sequence: 0 });
    await other.query('rollback');
    expect(await store.audit.append(row)).toMatchObject({ sequence: 1 });
  });

  test('is not held up by a process that stands still in the middle of a transaction', async () => {
    const { url } = newDatabase(server);
    const store = await open(url);
    const still = await openDatabase({ postgres: url });
    onTestFinished(() => still.close());
    const [begun, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stands = still.write(async tx => {
      await tx.insertInto('settings').values({ key: 'half', value: 'done' }).execute();
      begun.resolve();
      await goesOn.promise;
      await tx.insertInto('settings').values({ key: 'other half', value: 'done' }).execute();
    });
    const ended = expect(stands).rejects.toMatchObject({ code: 'STORE', retryable: true });
    await begun.promise;
    await expect.poll(() => store.audit.append(row).catch(() => undefined)).toBeDefined();
    goesOn.resolve();
    await ended;
    expect(await still.read(db => db.selectFrom('settings').select('key').execute())).toEqual([
      { key: 'key.mark' },
    ]);
  });

  test('that takes no writes says so, reads, and takes them when it does', async () => {
    const { url, sql } = newDatabase(server);
    sql('create schema vigie authorization app');
    const own = asUser(url, 'app', 'app');
    await (await open(own)).audit.append(row);
    sql('alter role app set default_transaction_read_only = on');
    const store = await open(own);
    await expect(store.audit.append(row)).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
      message: expect.stringContaining('it takes no writes'),
    });
    expect(await store.audit.verify()).toMatchObject({ ok: true, rows: 1 });
    sql('alter role app reset all');
    expect(await (await open(own)).audit.append(row)).toMatchObject({ sequence: 2 });
  });

  test('lies in a schema that an administrator made, for a user who may make none', async () => {
    const { url, sql } = newDatabase(server);
    await expect(open(asUser(url, 'app', 'app'))).rejects.toMatchObject({
      code: 'STORE',
      message: expect.stringContaining('this user may not do that there'),
      retryable: false,
    });
    sql('create schema vigie authorization app');
    expect(await (await open(asUser(url, 'app', 'app'))).audit.append(row)).toMatchObject({ sequence: 1 });
  });

  test('keeps apart from tables of the same names that somebody else has there', async () => {
    const { url, sql } = newDatabase(server);
    sql('create table public.schema_version (version text); create table public.audit (sequence text)');
    expect(await (await open(url)).audit.append(row)).toMatchObject({ sequence: 1 });
    sql('drop table public.schema_version, public.audit');
  });

  test('undoes all of a transaction in which a statement failed, though its error was caught', async () => {
    const { url } = newDatabase(server);
    await open(url);
    const database = await openDatabase({ postgres: url });
    onTestFinished(() => database.close());
    const half = database.write(async tx => {
      await tx.insertInto('settings').values({ key: 'a', value: '1' }).execute();
      await tx
        .insertInto('settings')
        .values({ key: 'a', value: '2' })
        .execute()
        .catch(() => undefined);
    });
    await expect(half).rejects.toThrow();
    expect(await database.read(db => db.selectFrom('settings').select('key').execute())).toEqual([
      { key: 'key.mark' },
    ]);
  });

  test('keeps texts that it cannot keep as they are, and every number exactly or not at all', async () => {
    const { url, sql } = newDatabase(server);
    const store = await open(url);
    expect(await store.settings.keepFirst('odd', 'a\0b')).toBe('a\0b');
    expect(await store.settings.keepFirst('odd', 'other')).toBe('a\ufffdb');
    await store.audit.append({ event: 'refused', facts: { odd: 'a\0b \ud800' } });
    expect(await store.audit.verify()).toMatchObject({ ok: true, rows: 1 });
    sql('update vigie.audit set sequence = 9007199254740993');
    await expect(store.audit.head()).rejects.toThrow(/cannot be kept exactly/);
  });

  test.each([
    ['a wrong password', (url: string) => asUser(url, 'postgres', 'wrong'), 'does not let this user in'],
    [
      'a database that is not there',
      (url: string) => url.replace(/store\d+$/, 'nobody'),
      'there is no such database',
    ],
    ['a server that is not there', (url: string) => url.replace(/:\d+\//, ':1/'), 'nothing answers there'],
    ['a server without TLS', (url: string) => `${url}?sslmode=require`, 'does not support SSL'],
    ['a socket that is not there', (url: string) => `${url}?host=/nowhere`, 'there is no such socket'],
  ])('is refused with the reason and without the password: %s', async (_name, spoilt, why) => {
    const url = spoilt(newDatabase(server).url);
    const refused = await open(url).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: 'STORE', message: expect.stringContaining(why) });
    expect(String(refused)).not.toContain(server.password);
  });

  test('in another encoding than UTF-8 is refused', async () => {
    server.sql("create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
    const url = `postgres://postgres:${server.password}@127.0.0.1:${server.port}/latin`;
    await expect(open(url)).rejects.toThrow(/its encoding is LATIN1, and not UTF8/);
  });
});

describe.skipIf(postgresPrograms() === undefined)(`a store behind TLS${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  let base: string;
  beforeAll(async () => {
    server = await startPostgres();
    for (const name of ['ca', 'other']) authority(server.dir, name);
    certify(server.dir, { by: 'ca', for: 'IP:127.0.0.1' });
    server.sql(`alter system set ssl_cert_file = '${join(server.dir, 'server.crt')}'`);
    server.sql(`alter system set ssl_key_file = '${join(server.dir, 'server.key')}'`);
    server.sql('alter system set ssl = on');
    server.sql('select pg_reload_conf()');
    base = `postgres://postgres:${server.password}@127.0.0.1:${server.port}/postgres`;
  });
  afterAll(() => server.close());

  test.each([
    ['verify-full', 'ca', ''],
    ['verify-full', 'other', 'its certificate is not trusted'],
    ['verify-full', undefined, 'its certificate is not trusted'],
    ['verify-ca', 'ca', ''],
    ['verify-ca', 'other', 'its certificate is not trusted'],
    ['require', undefined, ''],
    ['require', 'other', 'its certificate is not trusted'],
  ])('%s with the authority %s: %s', async (mode, ca, why) => {
    const query = ca === undefined ? '' : `&sslrootcert=${join(server.dir, `${ca}.crt`)}`;
    const opening = open(`${base}?sslmode=${mode}${query}`);
    if (why !== '')
      return expect(opening).rejects.toMatchObject({ code: 'STORE', message: expect.stringContaining(why) });
    await opening;
    const encrypted =
      "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'vigie'";
    expect(server.sql(encrypted)).toBe('t');
  });

  test('a certificate of another host counts for verify-ca, and not for verify-full', async () => {
    certify(server.dir, { by: 'ca', for: 'DNS:db.example.com' });
    server.sql('select pg_reload_conf()');
    const ca = `sslrootcert=${join(server.dir, 'ca.crt')}`;
    await expect
      .poll(() => open(`${base}?sslmode=verify-full&${ca}`).catch(String))
      .toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    await open(`${base}?sslmode=verify-ca&${ca}`);
  });
});

function openssl(dir: string, args: readonly string[]): void {
  execFileSync('openssl', [...args], { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
}

function authority(dir: string, name: string): void {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
  openssl(dir, [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    ...files,
  ]);
}

function certify(dir: string, { by, for: named }: { by: string; for: string }): void {
  writeFileSync(join(dir, 'names'), `subjectAltName=${named}\n`);
  openssl(dir, [
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    '/CN=server',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  ]);
  openssl(dir, [
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    `${by}.crt`,
    '-CAkey',
    `${by}.key`,
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    'names',
    '-out',
    'server.crt',
  ]);
  chmodSync(join(dir, 'server.key'), 0o600);
  const { uid, gid } = statSync(dir);
  chownSync(join(dir, 'server.key'), uid, gid);
}
