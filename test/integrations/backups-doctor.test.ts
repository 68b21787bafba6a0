import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backupChecks } from '../../src/desk/checks/backups.ts';
import type { Check } from '../../src/desk/checks/check.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';
import { closedPort } from '../support/wire.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';
import { hasRedis, startRedis, unlessNoRedis } from './support/redis.ts';
import { isInstalled, unlessMissing } from './support/start-program.ts';

const signal = new AbortController().signal;
let dir: string;
let vigie: TestVigie | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-doctor-'));
  mkdirSync(join(dir, 'disk'));
  writeFileSync(join(dir, 'wrong'), 'Not-The-Password-31', { mode: 0o600 });
});
afterEach(async () => {
  await vigie?.stop();
  vigie = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function linesOf(
  sets: string,
  destinations = `disk: {directory: ${join(dir, 'disk')}, media: disk}`,
): Promise<Check[]> {
  vigie = await startVigie({
    policy: `{low: ask, medium: ask, high: ask}
    backups:
      destinations:
        ${destinations}
      sets:
        ${sets}`,
  });
  const environment = vigie.vigie.environments.find(({ view }) => view.name === 'test');
  if (environment === undefined) throw new Error('there is no test');
  const all: Check[] = [];
  for await (const check of backupChecks(environment, { signal, readOnly: false })) all.push(check);
  return all;
}

describe.skipIf(postgresPrograms() === undefined)(`a real PostgreSQL${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  beforeAll(async () => {
    server = await startPostgres();
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders (id int); CREATE TABLE "pay; roll" (id int)', 'shop');
    server.sql("CREATE ROLE reader LOGIN PASSWORD 'Reader-Password-11'");
    server.sql('GRANT SELECT ON orders TO reader', 'shop');
  });
  afterAll(() => server.close());
  const at = (more: string): string =>
    `{engine: postgres, database: shop, host: 127.0.0.1, ${more}, to: [disk]}`;

  test('a set that can be backed up is told with its server and role; wrong passwords, ports and databases each with theirs', async () => {
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
    const password = `password: "file:${join(dir, 'password')}"`;
    const closed = await closedPort();
    const lines = await linesOf(`good: ${at(`port: ${server.port}, user: postgres, ${password}`)}
        locked: ${at(`port: ${server.port}, user: postgres, password: "file:${join(dir, 'wrong')}"`)}
        down: ${at(`port: ${closed}, user: postgres, ${password}`)}
        missing: {engine: postgres, database: nowhere, host: 127.0.0.1, port: ${server.port}, user: postgres, ${password}, to: [disk]}`);
    expect(lines).toContainEqual({
      area: 'test',
      state: 'fine',
      what: expect.stringMatching(/^set good \(this machine\): PostgreSQL [\d.]+ takes us for postgres$/),
    });
    const wrong = lines.filter(({ state }) => state === 'wrong').map(({ what }) => what);
    expect(wrong).toEqual([
      expect.stringMatching(/^set locked: .*password authentication failed/),
      expect.stringMatching(new RegExp(`^set down: .*port ${closed} failed: Connection refused`)),
      expect.stringMatching(/^set missing: .*database "nowhere" does not exist/),
    ]);
    expect(JSON.stringify(lines)).not.toContain(server.password);
    expect(JSON.stringify(lines)).not.toContain('Not-The-Password');
  });

  test('a role that may not read a table, and one that may not replicate, are found before a backup needs it', async () => {
    writeFileSync(join(dir, 'password'), 'Reader-Password-11', { mode: 0o600 });
    const more = `port: ${server.port}, user: reader, password: "file:${join(dir, 'password')}"`;
    const lines = await linesOf(`dumped: ${at(more)}
        whole: {engine: postgres-physical, database: shop, host: 127.0.0.1, ${more}, to: [disk]}`);
    expect(lines).toContainEqual({
      area: 'test',
      state: 'wrong',
      what: 'set dumped: the role may not read all of the database: "pay; roll"',
      todo: expect.stringContaining('pg_read_all_data'),
    });
    expect(lines).toContainEqual({
      area: 'test',
      state: 'wrong',
      what: expect.stringMatching(/^set whole: no connection for replication: /),
      todo: expect.stringContaining('REPLICATION'),
    });
    expect(lines).toContainEqual({
      area: 'test',
      state: 'note',
      what: expect.stringMatching(/^set whole: the role may not read all tables: /),
      todo: expect.stringContaining('pg_read_all_data'),
    });
    await vigie?.stop();
    server.sql('GRANT pg_read_all_data TO reader');
    const granted = await linesOf(
      `whole: {engine: postgres-physical, database: shop, host: 127.0.0.1, ${more}, to: [disk]}`,
    );
    server.sql('REVOKE pg_read_all_data FROM reader');
    expect(JSON.stringify(granted)).not.toContain('may not read');
  });

  test('a database that a killed restore left is told of, and a like-named one of somebody else is not', async () => {
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
    for (const name of ['vigie_new_ab12cd34', 'vigie_new_Mine']) server.sql(`CREATE DATABASE "${name}"`);
    const lines = await linesOf(
      `shop: ${at(`port: ${server.port}, user: postgres, password: "file:${join(dir, 'password')}"`)}`,
    );
    for (const name of ['vigie_new_ab12cd34', 'vigie_new_Mine']) server.sql(`DROP DATABASE "${name}"`);
    expect(lines.filter(({ what }) => what.includes('vigie_new_'))).toEqual([
      {
        area: 'test',
        state: 'note',
        what: 'set shop: database vigie_new_ab12cd34 was left by a restore that did not end, or one that runs just now',
        todo: expect.stringContaining('DROP DATABASE'),
      },
    ]);
  });

  test('a pg_dump that is older than the server, and one that is not there, are told with what to install', async () => {
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
    const set = `shop: ${at(`port: ${server.port}, user: postgres, password: "file:${join(dir, 'password')}"`)}`;
    const path = process.env['PATH'] ?? '';
    const programs = join(dir, 'programs');
    mkdirSync(programs);
    writeFileSync(join(programs, 'pg_dump'), '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n');
    chmodSync(join(programs, 'pg_dump'), 0o755);
    try {
      process.env['PATH'] = `${programs}:${path}`;
      expect(await linesOf(set)).toContainEqual({
        area: 'test',
        state: 'wrong',
        what: expect.stringMatching(
          /^set shop: pg_dump 9\.6\.24 on this machine is older than the server, [\d.]+, and refuses it$/,
        ),
        todo: expect.stringContaining('client package'),
      });
      await vigie?.stop();
      rmSync(join(programs, 'pg_dump'));
      symlinkSync('/bin/sh', join(programs, 'sh'));
      process.env['PATH'] = programs;
      expect(await linesOf(set)).toContainEqual({
        area: 'test',
        state: 'wrong',
        what: 'set shop: on this machine there is no psql, no pg_dump',
        todo: expect.stringContaining('Install'),
      });
    } finally {
      process.env['PATH'] = path;
    }
  });

  test('a role that may do all that both engines need lacks nothing', async () => {
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
    const more = `port: ${server.port}, user: postgres, password: "file:${join(dir, 'password')}"`;
    const lines = await linesOf(`dumped: ${at(more)}
        whole: {engine: postgres-physical, database: shop, host: 127.0.0.1, ${more}, to: [disk]}`);
    expect(lines.filter(({ state }) => state === 'wrong')).toEqual([]);
    expect(lines.map(({ what }) => what).filter(what => what.includes('no drill'))).toEqual([]);
  });
});

test.skipIf(!hasRedis())(
  `a real Redis says its version, and refuses a wrong password by name of the set${unlessNoRedis()}`,
  async () => {
    const redis = await startRedis();
    try {
      writeFileSync(join(dir, 'password'), redis.password, { mode: 0o600 });
      const lines =
        await linesOf(`good: {engine: redis, socket: ${redis.socket}, password: "file:${join(dir, 'password')}", to: [disk]}
        locked: {engine: redis, socket: ${redis.socket}, password: "file:${join(dir, 'wrong')}", to: [disk]}
        down: {engine: redis, port: ${await closedPort()}, to: [disk]}`);
      expect(lines).toContainEqual({
        area: 'test',
        state: 'fine',
        what: expect.stringMatching(/^set good \(this machine\): (Redis|Valkey) [\d.]+ answers$/),
      });
      expect(lines.filter(({ state }) => state === 'wrong').map(({ what }) => what)).toEqual([
        expect.stringMatching(/^set locked: .*NOAUTH/),
        expect.stringMatching(/^set down: .*Connection refused/),
      ]);
      expect(redis.ask('DBSIZE')).toBe('0');
      expect(JSON.stringify(lines)).not.toContain(redis.password);
    } finally {
      await redis.close();
    }
  },
);

test.skipIf(!isInstalled('restic'))(
  `of files doctor says which path is not there, is a link, or takes no marker, and writes nothing${unlessMissing('restic')}`,
  async () => {
    mkdirSync(join(dir, 'uploads'));
    symlinkSync('/etc', join(dir, 'link'));
    writeFileSync(join(dir, 'file'), 'x');
    writeFileSync(join(dir, 'password'), 'Restic-Password-5', { mode: 0o600 });
    const at = (...paths: string[]): string =>
      `{engine: files, paths: [${paths.map(path => join(dir, path)).join(', ')}], to: [vault]}`;
    const lines = await linesOf(
      `good: ${at('uploads')}
        bad: ${at('file', 'link', 'gone')}`,
      `vault: {restic: {repository: "${join(dir, 'none')}", password: "file:${join(dir, 'password')}"}, media: disk}`,
    );
    expect(lines.map(({ what }) => what)).toContain(
      'set good (this machine): 1 path looked at on this machine',
    );
    const wrong = lines.filter(({ state, what }) => state === 'wrong' && what.startsWith('set'));
    expect(wrong.map(({ what }) => what)).toEqual([
      `set bad: no marker can be written into ${join(dir, 'file')}`,
      `set bad: ${join(dir, 'link')} is a link, of which nothing but the link would be copied`,
      `set bad: ${join(dir, 'gone')} is not there`,
    ]);
    expect(readdirSync(join(dir, 'uploads'))).toEqual([]);
  },
);

test.skipIf(!isInstalled('restic'))(
  `a repository that opens, one with another password, one that is not there and a bucket that is down are each told${unlessMissing('restic')}`,
  async () => {
    const repository = join(dir, 'repository');
    writeFileSync(join(dir, 'password'), 'Restic-Password-5', { mode: 0o600 });
    const env = { PATH: process.env['PATH'] ?? '', HOME: dir, RESTIC_PASSWORD: 'Restic-Password-5' };
    execFileSync('restic', ['-r', repository, 'init'], { env, stdio: 'pipe' });
    const restic = (at: string, password: string): string =>
      `{restic: {repository: ${at}, password: "file:${join(dir, password)}"}, media: disk}`;
    const key = `"file:${join(dir, 'password')}"`;
    const closed = await closedPort();
    const lines = await linesOf(
      `shop: {engine: sqlite, path: ${join(dir, 'gone')}, to: [vault, locked, empty, bucket]}`,
      `vault: ${restic(repository, 'password')}
        locked: ${restic(repository, 'wrong')}
        empty: ${restic(join(dir, 'none'), 'password')}
        bucket: {s3: {endpoint: "http://127.0.0.1:${closed}", bucket: backups, accessKey: ${key}, secretKey: ${key}}, media: object-store}`,
    );
    expect(lines.map(({ what }) => what)).toContain(
      `destination vault: ${repository} answers, 0 good copies`,
    );
    const wrong = lines.filter(({ state, what }) => state === 'wrong' && what.startsWith('destination'));
    expect(wrong.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^destination locked: The password does not open/),
      expect.stringMatching(/^destination empty: There is no repository at/),
      expect.stringMatching(/^destination bucket: No connection to the bucket backups/),
    ]);
    expect(wrong[1]).toMatchObject({ todo: expect.stringContaining('restic init') });
    expect(JSON.stringify(lines)).not.toContain('Restic-Password');
    expect(JSON.stringify(lines)).not.toContain('Not-The-Password');
  },
);
