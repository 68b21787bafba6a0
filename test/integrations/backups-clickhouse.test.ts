import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isObject } from '../../src/core/json.ts';
import { backupChecks } from '../../src/desk/checks/backups.ts';
import { eventually } from '../support/eventually.ts';
import { allowAgainAndAgain, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import {
  hasClickHouse,
  type StoodInClickHouse,
  startClickHouse,
  unlessNoClickHouse,
  withProgram,
} from './support/clickhouse.ts';

let server: StoodInClickHouse;
let dir: string;
let shop: TestVigie;
const path = process.env['PATH'];

describe.skipIf(!hasClickHouse())(`backups of ClickHouse's engine${unlessNoClickHouse()}`, () => {
  beforeAll(async () => {
    server = await startClickHouse();
    withProgram(server);
    server.ask('CREATE DATABASE shop ENGINE = Atomic');
    server.ask('CREATE TABLE shop.orders (id UInt64, t String CODEC(NONE)) ENGINE = MergeTree ORDER BY id');
    server.ask('INSERT INTO shop.orders SELECT number, randomPrintableASCII(1000) FROM numbers(2000)');
  });
  afterAll(async () => {
    await server.close();
    process.env['PATH'] = path;
  });
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigie-backups-'));
    mkdirSync(join(dir, 'disk'));
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
    shop = await startVigie({
      policy: `${allowAgainAndAgain}
    secrets: {shop-password: "file:${join(dir, 'password')}"}
    backups:
      destinations: {disk: {directory: ${join(dir, 'disk')}, media: disk}}
      sets:
        shop: {engine: clickhouse, database: shop, host: 127.0.0.1, port: ${server.port}, password: shop-password, to: [disk]}`,
    });
  });
  afterEach(async () => {
    await shop.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a database is backed up, proven, and restored into a folder, which an undo takes away', async () => {
    expect((await shop.call('backups_run', { set: 'shop' })).data).toMatchObject({ status: 'done' });
    const drilled = await shop.call('backups_drill', { set: 'shop' });
    expect(drilled.data).toMatchObject({ status: 'done' });
    expect(drilled.text).toContain('clickhouse local');
    const into = join(dir, 'again');
    const restored = await shop.call('backups_restore', { set: 'shop', into });
    expect(restored.data).toMatchObject({ status: 'done' });
    expect(readdirSync(join(into, 'copy', 'data', 'shop'))).toEqual(['orders']);
    expect((await shop.call('changes_undo', { id: idOf(restored) })).data).toMatchObject({ status: 'done' });
    expect(existsSync(into)).toBe(false);
    expect(JSON.stringify([drilled, restored])).not.toContain(server.password);
  });

  describe('a restore into a new database of the server', () => {
    beforeEach(() => {
      server.ask('CREATE VIEW shop.seen AS SELECT * FROM shop.orders');
    });
    afterEach(() => {
      server.ask('DROP VIEW shop.seen; DROP DATABASE IF EXISTS again SYNC');
    });
    const databases = (): string =>
      server.ask(
        "SELECT groupArray(name) AS all FROM (SELECT name FROM system.databases WHERE name LIKE 'vigie%' OR name = 'again')",
      );
    const count = (table: string): string => server.ask(`SELECT toString(count()) AS n FROM ${table}`);

    test('holds the tables as they were copied, and goes by an undo while nothing wrote to it', async () => {
      expect((await shop.call('backups_run', { set: 'shop' })).data).toMatchObject({ status: 'done' });
      const restored = await shop.call('backups_restore', { set: 'shop', into: 'again' });
      expect(restored.data).toMatchObject({ status: 'done' });
      expect(restored.text).toContain('Not restored: seen (View)');
      expect(count('again.orders')).toBe('{"n":"2000"}');
      expect(databases()).toBe('{"all":["again"]}');
      expect(readdirSync(server.disk)).toEqual([]);
      expect(JSON.stringify(restored)).not.toContain(server.password);
      const once = await shop.call('backups_restore', { set: 'shop', into: 'again' });
      expect(once.data).toMatchObject({ code: 'CONFLICT' });
      const over = await shop.call('backups_restore', { set: 'shop', into: 'again', overwrite: true });
      expect(over.data).toMatchObject({ code: 'INVALID_INPUT' });
      const undone = await shop.call('changes_undo', { id: idOf(restored) });
      expect(undone.text).toContain('was as it was restored, and is gone');
      expect(databases()).toBe('{"all":[]}');
    });

    test.each([
      ['a row', 'INSERT INTO again.orders VALUES (1, 1)'],
      ['a table', 'CREATE TABLE again.mine (id UInt64) ENGINE = MergeTree ORDER BY id'],
    ])('stays after %s', async (_, sql) => {
      expect((await shop.call('backups_run', { set: 'shop' })).data).toMatchObject({ status: 'done' });
      const restored = await shop.call('backups_restore', { set: 'shop', into: 'again' });
      server.ask(sql);
      const undone = await shop.call('changes_undo', { id: idOf(restored) });
      expect(undone.data).toMatchObject({ code: 'CONFLICT' });
      expect(databases()).toBe('{"all":["again"]}');
    });

    test('holds every row of a table that merges take rows from, which begin once it was compared', async () => {
      server.ask(`CREATE TABLE shop.last (id UInt64, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY id;
        SYSTEM STOP MERGES shop.last; INSERT INTO shop.last VALUES (1, 1); INSERT INTO shop.last VALUES (1, 2)`);
      try {
        expect((await shop.call('backups_run', { set: 'shop' })).data).toMatchObject({ status: 'done' });
        const restored = await shop.call('backups_restore', { set: 'shop', into: 'again' });
        expect(restored.text).toContain('(2 items fit)');
        server.ask('OPTIMIZE TABLE again.last FINAL');
        expect(count('again.last')).toBe('{"n":"1"}');
        expect((await shop.call('changes_undo', { id: idOf(restored) })).data).toMatchObject({
          code: 'CONFLICT',
        });
      } finally {
        server.ask('DROP TABLE shop.last SYNC');
      }
    });

    test('leaves neither database nor files where the copy is not what its manifest says', async () => {
      expect((await shop.call('backups_run', { set: 'shop' })).data).toMatchObject({ status: 'done' });
      const folder = join(dir, 'disk', 'shop');
      const part = join(folder, readdirSync(folder).find(name => name.includes('Z-')) ?? '', 'backup.tar');
      const bytes = readFileSync(part);
      bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
      writeFileSync(part, bytes);
      const restored = await shop.call('backups_restore', { set: 'shop', into: 'again' });
      expect(restored.data).toMatchObject({ status: 'failed' });
      expect(restored.text).toContain('COPY_DAMAGED');
      expect(databases()).toBe('{"all":[]}');
      expect(readdirSync(server.disk)).toEqual([]);
    });

    test('is refused under a name of the server, of a draft, and under what is none', async () => {
      expect((await shop.call('backups_run', { set: 'shop' })).data).toMatchObject({ status: 'done' });
      for (const into of ['system', 'a b', 'vigie_new_x', 'x'.repeat(64)])
        expect((await shop.call('backups_restore', { set: 'shop', into })).data).toMatchObject({
          code: 'INVALID_INPUT',
        });
    });
  });

  // A backup of it lasts until somebody has seen that it began, and killed it.
  const enough = `TRUNCATE TABLE shop.orders;
    INSERT INTO shop.orders SELECT number, randomPrintableASCII(1000) FROM numbers(100000)`;
  test.each(['Counting orders', 'Backing up shop'])(
    'killed at "%s", nothing counts as a copy, and the next run takes away what lies on the disk of the server',
    async stage => {
      server.ask(enough);
      const child = fork(
        join(import.meta.dirname, 'processes', 'run-and-be-killed.ts'),
        [shop.configFile, 'shop'],
        { env: { ...shop.env, PATH: process.env['PATH'] }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
      );
      await new Promise<void>(resolve => {
        child.on('message', message => {
          if (typeof message === 'string' && message.startsWith(stage)) resolve();
        });
      });
      if (stage.startsWith('Backing'))
        await vi.waitUntil(() => readdirSync(server.disk).length > 0, { timeout: 60_000, interval: 5 });
      child.kill('SIGKILL');
      if (child.signalCode === null) await once(child, 'exit');
      expect((await shop.call('backups_list', {})).data).toMatchObject({ sets: [{ copies: 0 }] });
      const lock = join(dir, 'disk', 'shop', 'lock.json');
      const held: unknown = JSON.parse(readFileSync(lock, 'utf8'));
      writeFileSync(
        lock,
        JSON.stringify({ ...(isObject(held) ? held : {}), renewedAt: '2026-01-01T00:00:00Z' }),
      );
      const running = "SELECT count() AS n FROM system.backups WHERE status = 'CREATING_BACKUP'";
      await eventually(() => expect(server.ask(running)).toBe('{"n":0}'));
      expect((await shop.call('backups_run', { set: 'shop' })).data).toMatchObject({ status: 'done' });
      expect(readdirSync(server.disk)).toEqual([]);
    },
  );

  test('doctor says which server answers as whom, and writes nothing there', async () => {
    const lines = await doctorLines();
    expect(lines).toContainEqual(
      expect.stringMatching(/^set shop \(this machine\): ClickHouse [\d.]+ takes us for default$/),
    );
    expect(lines.filter(line => line.includes('no drill'))).toEqual([]);
    expect(readdirSync(server.disk)).toEqual([]);
  });
});

async function doctorLines(): Promise<string[]> {
  const environment = shop.vigie.environments.find(({ view }) => view.name === 'test');
  if (environment === undefined) throw new Error('there is no test');
  const lines: string[] = [];
  const { signal } = new AbortController();
  for await (const { what } of backupChecks(environment, { signal, readOnly: false })) lines.push(what);
  return lines;
}
