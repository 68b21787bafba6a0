import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDrill } from '../../src/backups/drill.ts';
import { clickhouse } from '../../src/backups/engines/clickhouse.ts';
import type { ClickHouseSettings } from '../../src/backups/engines/clickhouse-client.ts';
import { thisHolder } from '../../src/backups/holder.ts';
import { makeCopy } from '../../src/backups/make-copy.ts';
import { openCopy } from '../../src/backups/open-copy.ts';
import { watchCopy } from '../../src/backups/watched-copy.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../src/clients/directory/writer.ts';
import { type Manifest, newCopyId } from '../../src/core/copy.ts';
import { cleanLine } from '../../src/core/text.ts';
import { localRunner } from '../../src/processes/local-runner.ts';
import {
  hasClickHouse,
  type StoodInClickHouse,
  startClickHouse,
  unlessNoClickHouse,
  withProgram,
} from './support/clickhouse.ts';

const signal = new AbortController().signal;
const set = 'events';
const base = { signal, deadlineMs: 60_000, runner: localRunner, progress: () => undefined };
const hostile = '`a\\` ; DROP "x" \n\' é %41/';
const named = '`\\`a\\\\\\` ; DROP "x" \\n\\\' é %41/`';
let server: StoodInClickHouse;
let root: string;
let scratch: string;
const path = process.env['PATH'];

interface More {
  settings?: Partial<ClickHouseSettings>;
  password?: string;
  progress?: (message: string) => void;
  signal?: AbortSignal;
}

async function backUp({ settings, password, progress, ...more }: More = {}) {
  return makeCopy({
    ...base,
    ...more,
    engine: clickhouse,
    settings: { host: '127.0.0.1', port: server.port, database: 'shop', ...settings },
    secrets: { password: password ?? server.password },
    writer: new DirectoryWriter({ name: 'disk', root }),
    name: { set, copy: newCopyId(new Date()) },
    encrypt: { how: 'none' },
    beforeWrite: async () => undefined,
    now: () => new Date(),
    progress: message => progress?.(message),
  });
}

async function drill(manifest: Manifest) {
  const reader = new DirectoryReader({ name: 'disk', root });
  const copy = await openCopy(reader, { set, copy: manifest.copy, unseal: undefined });
  return runDrill({
    ...base,
    engine: clickhouse,
    settings: { database: 'shop' },
    copy: watchCopy(copy),
    base: scratch,
    now: () => new Date(),
  });
}

function failing(report: Awaited<ReturnType<typeof drill>>) {
  return report.checks.filter(({ passed }) => !passed);
}

/** Every word of every process that runs now. */
function wordsOfAll(): string {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');
}

describe.skipIf(!hasClickHouse())(`ClickHouse's engine${unlessNoClickHouse()}`, () => {
  beforeAll(async () => {
    server = await startClickHouse();
    withProgram(server);
    root = mkdtempSync(join(tmpdir(), 'copies-'));
    scratch = mkdtempSync(join(tmpdir(), 'sc-'));
    for (const sql of [
      'CREATE DATABASE shop ENGINE = Atomic',
      `CREATE TABLE shop.orders (id UInt64, t String, d Array(Nullable(Float64)), m Map(String, String), j JSON,
        l LowCardinality(Nullable(String)), s AggregateFunction(sum, UInt64), k UInt64 MATERIALIZED id * 2)
        ENGINE = MergeTree ORDER BY id PARTITION BY id % 3`,
      `INSERT INTO shop.orders SELECT number, toString(number), [number, NULL], map('a', 'b'), '{"a": 1}', NULL,
        initializeAggregation('sumState', number) FROM numbers(5000)`,
      `CREATE TABLE shop.${named} (id UInt64, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY id`,
      `SYSTEM STOP MERGES shop.${named}`,
      `INSERT INTO shop.${named} VALUES (1, 1), (2, 2)`,
      `INSERT INTO shop.${named} VALUES (1, 2)`,
      'CREATE TABLE shop.old (d DateTime) ENGINE = MergeTree ORDER BY d TTL d + INTERVAL 1 SECOND',
      'SYSTEM STOP MERGES shop.old',
      "INSERT INTO shop.old VALUES ('2001-01-01 00:00:00')",
      'CREATE TABLE shop.empty (a UInt64) ENGINE = MergeTree ORDER BY a',
      'CREATE TABLE shop.log (a String) ENGINE = Log',
      "INSERT INTO shop.log VALUES ('a')",
      'CREATE MATERIALIZED VIEW shop.stored ENGINE = MergeTree ORDER BY id AS SELECT id FROM shop.orders',
      'CREATE VIEW shop.seen AS SELECT * FROM shop.orders',
    ])
      server.ask(sql);
  });
  afterAll(async () => {
    await server.close();
    process.env['PATH'] = path;
    for (const folder of [root, scratch]) rmSync(folder, { recursive: true, force: true });
  });

  test('a copy restores elsewhere with every row of every table that holds rows', async () => {
    const manifest = await backUp();
    expect(manifest.contents.items.map(({ name, count }) => [name, count])).toEqual([
      [hostile, 3],
      ['empty', 0],
      ['old', 1],
      ['orders', 5000],
    ]);
    expect(manifest.source['not compared']).toBe('log (Log), seen (View), stored (MaterializedView)');
    expect(readdirSync(server.disk)).toEqual([]);
    const report = await drill(manifest);
    expect(failing(report)).toEqual([]);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('rows that come, merge and go while it is backed up are compared as the copy has them', async () => {
    const manifest = await backUp({
      progress: message => {
        if (!message.startsWith('Backing up')) return;
        server.ask("INSERT INTO shop.orders (id, t) VALUES (9001, 'late')");
        server.ask('OPTIMIZE TABLE shop.orders PARTITION 1 FINAL');
        server.ask('ALTER TABLE shop.orders DROP PARTITION 2');
      },
    });
    const orders = manifest.contents.items.find(({ name }) => name === 'orders');
    expect(orders?.count).toBe(3335);
    expect(failing(await drill(manifest))).toEqual([]);
  });

  test('a table that became another one meanwhile is named as not compared', async () => {
    const manifest = await backUp({
      progress: message => {
        if (message.startsWith('Backing up'))
          server.ask('CREATE OR REPLACE TABLE shop.empty (b String) ENGINE = MergeTree ORDER BY b');
      },
    });
    expect(manifest.contents.items.map(({ name }) => name)).not.toContain('empty');
    expect(manifest.source['not compared']).toContain('empty (merged or replaced while it was counted)');
    const report = await drill(manifest);
    expect(report.passed).toBe(true);
    expect(JSON.stringify(report.checks)).toContain('empty (merged or replaced');
  });

  test('a table that is dropped while it would be counted stops nothing, and is not compared', async () => {
    server.ask('CREATE TABLE shop.brief (a UInt64) ENGINE = MergeTree ORDER BY a');
    server.ask('INSERT INTO shop.brief VALUES (1)');
    const manifest = await backUp({
      progress: message => {
        if (message.startsWith('Counting brief')) server.ask('DROP TABLE shop.brief SYNC');
      },
    });
    expect(manifest.source['not compared']).toContain('brief (merged or replaced');
    expect((await drill(manifest)).passed).toBe(true);
  });

  test('replicated tables are restored without their Keeper', async () => {
    const manifest = await backUp();
    const folder = join(root, set, manifest.copy);
    const lay = mkdtempSync(join(tmpdir(), 'lay-'));
    execFileSync('tar', ['-xf', join(folder, 'backup.tar'), '-C', lay]);
    const definition = join(lay, 'metadata/shop/orders.sql');
    const text = readFileSync(definition, 'utf8');
    const replicated = text.replace(
      '= MergeTree',
      "= ReplicatedMergeTree('/tables/{shard}/it\\'s/orders', '{replica}')",
    );
    writeFileSync(definition, replicated);
    // The engine looks at sizes of files as its list has them.
    const list = readFileSync(join(lay, '.backup'), 'utf8');
    const line = /(<name>metadata\/shop\/orders\.sql<\/name><size>)\d+(<\/size><checksum>)[0-9a-f]+/;
    writeFileSync(
      join(lay, '.backup'),
      list.replace(
        line,
        (_, before: string, between: string) =>
          `${before}${Buffer.byteLength(replicated)}${between}${'0'.repeat(32)}`,
      ),
    );
    const bytes = execFileSync('tar', ['-cf', '-', '-C', lay, '.'], { maxBuffer: 64 * 1024 * 1024 });
    rmSync(lay, { recursive: true });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(folder, 'backup.tar'), bytes);
    const parts = [{ name: 'backup.tar', bytes: bytes.length, sha256 }];
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, parts }));
    expect(failing(await drill(manifest))).toEqual([]);
  });

  test('a copy of another time than the manifest says is found out by count and hash', async () => {
    const older = await backUp();
    server.ask(`INSERT INTO shop.${named} VALUES (5, 5)`);
    const newer = await backUp();
    cpSync(join(root, set, older.copy, 'backup.tar'), join(root, set, newer.copy, 'backup.tar'));
    writeFileSync(
      join(root, set, newer.copy, 'manifest.json'),
      JSON.stringify({ ...newer, parts: older.parts }),
    );
    expect(failing(await drill(newer))[0]).toMatchObject({
      what: cleanLine(hostile),
      expected: expect.stringContaining('4 entries'),
      found: expect.stringContaining('3 entries'),
    });
  });

  test('eight flipped bytes fail it, and the part is named', async () => {
    const manifest = await backUp();
    const file = join(root, set, manifest.copy, 'backup.tar');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 30_000, 30_008);
    writeFileSync(file, bytes);
    expect(failing(await drill(manifest))).toMatchObject([{ what: 'part backup.tar' }]);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('what a killed run of the set left on the disk of the server goes, and nothing else', async () => {
    const left = ['vigie-events-20260101T030000Z-abcd', 'vigie-events-b-20260101T030000Z-abcd', 'theirs'];
    for (const name of left) mkdirSync(join(server.disk, name, 'data'), { recursive: true });
    await backUp();
    expect(readdirSync(server.disk)).toEqual(['theirs', 'vigie-events-b-20260101T030000Z-abcd']);
    for (const name of left) rmSync(join(server.disk, name), { recursive: true, force: true });
  });

  test('a BACKUP that another Vigie works on stays, and one whose holder is gone goes', async () => {
    const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const [held, gone] = [`vigie-events-${now}-aaaa`, `vigie-events-${now}-bbbb`];
    const holder = thisHolder();
    for (const [name, by] of [
      [held, holder],
      [gone, holder.replace(/\/\d+$/, '/1')],
    ] as const) {
      mkdirSync(join(server.disk, name, 'data'), { recursive: true });
      writeFileSync(join(server.disk, `${name}.holder`), by);
    }
    const begun = join(server.disk, `vigie-events-${now}-cccc.holder`);
    writeFileSync(begun, holder.replace(/\/\d+$/, '/1'));
    await backUp();
    expect(readdirSync(server.disk)).toEqual([held, `${held}.holder`]);
    for (const name of readdirSync(server.disk)) rmSync(join(server.disk, name), { recursive: true });
  });

  test('a backup that is stopped ends the one of the server, and leaves nothing there', async () => {
    server.ask('CREATE TABLE shop.big (t String CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple()');
    server.ask('INSERT INTO shop.big SELECT randomPrintableASCII(1000) FROM numbers(300000)');
    await backUp();
    const before = readdirSync(join(root, set));
    const stop = new AbortController();
    const running = backUp({
      signal: stop.signal,
      progress: message => {
        if (message.startsWith('Backing up')) setTimeout(() => stop.abort(), 150);
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(server.disk)).toEqual([]);
    expect(server.ask("SELECT count() AS n FROM system.backups WHERE status = 'CREATING_BACKUP'")).toBe(
      '{"n":0}',
    );
    expect(readdirSync(join(root, set))).toEqual(before);
    server.ask('DROP TABLE shop.big SYNC');
  });

  test.each([
    ['another password', { password: 'Wrong-Pw-77' }, 'Authentication failed'],
    ['no such database', { settings: { database: 'none' } }, 'shows no database none'],
    ['no such disk', { settings: { disk: 'other' } }, 'no disk other'],
    ['a disk that is not allowed', { settings: { disk: 'default' } }, 'BACKUP'],
    ['a port where nothing is', { settings: { port: 1 } }, 'ECONNREFUSED'],
  ])('%s leaves no copy, and it is said why', async (_, more, why) => {
    const before = readdirSync(join(root, set));
    const error: unknown = await backUp(more).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BACKUP', message: expect.stringContaining(why) });
    expect(String(error)).not.toContain('Wrong-Pw-77');
    expect(readdirSync(join(root, set))).toEqual(before);
  });

  test('the password is in no argument of any process, and in no manifest', async () => {
    const seen: string[] = [];
    const watch = setInterval(() => seen.push(wordsOfAll()), 5);
    const manifest = await backUp();
    clearInterval(watch);
    expect(seen.join('\n')).toContain('--max_query_size');
    expect(seen.join('\n')).not.toContain(server.password);
    expect(JSON.stringify(manifest)).not.toContain(server.password);
  });
});
