import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backupChecks } from '../../src/desk/checks/backups.ts';
import type { Check } from '../../src/desk/checks/check.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';
import { closedPort } from '../support/wire.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';
import { hasRedis, startRedis, unlessNoRedis } from './support/redis.ts';

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

async function linesOf(sets: string): Promise<Check[]> {
  vigie = await startVigie({
    policy: `{low: ask, medium: ask, high: ask}
    backups:
      destinations: {disk: {directory: ${join(dir, 'disk')}, media: disk}}
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
