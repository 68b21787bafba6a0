import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runDrill } from '../../../src/backups/drill.ts';
import { sqlite } from '../../../src/backups/engines/sqlite.ts';
import { makeCopy } from '../../../src/backups/make-copy.ts';
import { openCopy } from '../../../src/backups/open-copy.ts';
import { watchCopy } from '../../../src/backups/watched-copy.ts';
import { DirectoryReader } from '../../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../../src/clients/directory/writer.ts';
import { type Manifest, newCopyId } from '../../../src/core/copy.ts';
import { Measure } from '../../../src/core/measure.ts';
import { localRunner } from '../../../src/processes/local-runner.ts';

const set = 'shop';
const base = {
  signal: new AbortController().signal,
  deadlineMs: 60_000,
  runner: localRunner,
  progress: () => undefined,
};
let dir: string;
let path: string;
let root: string;
let scratch: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sqlite-'));
  root = join(dir, 'copies');
  scratch = join(dir, 'scratch');
  mkdirSync(root);
  mkdirSync(scratch);
  path = join(dir, "the shop's.db");
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** A database of the test, with statements that made it what it is. */
function database(...statements: string[]): Database.Database {
  const made = new Database(path);
  for (const statement of statements) made.exec(statement);
  return made;
}

const someRows = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total REAL, receipt BLOB);
  INSERT INTO orders SELECT value, 'customer ' || value, value / 3.0, randomblob(100)
    FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 2000) SELECT value FROM n);`;

function backUp(): Promise<Manifest> {
  return makeCopy({
    ...base,
    engine: sqlite,
    settings: { path },
    secrets: {},
    writer: new DirectoryWriter({ name: 'disk', root }),
    name: { set, copy: newCopyId(new Date()) },
    encrypt: { how: 'none' },
    beforeWrite: async () => undefined,
    now: () => new Date(),
  });
}

async function drill({ copy }: Manifest) {
  const opened = await openCopy(new DirectoryReader({ name: 'disk', root }), {
    set,
    copy,
    unseal: undefined,
  });
  return runDrill({
    ...base,
    engine: sqlite,
    settings: { path },
    copy: watchCopy(opened),
    base: scratch,
    now: () => new Date(),
  });
}

function failing({ checks }: Awaited<ReturnType<typeof drill>>) {
  return checks.filter(({ passed }) => !passed);
}

function partOf({ copy }: Manifest): string {
  return join(root, set, copy, 'database.sqlite');
}

/** As if somebody had changed a part and made its sums fit. */
function fitSums(manifest: Manifest): void {
  const measure = new Measure();
  measure.add(readFileSync(partOf(manifest)));
  const parts = [{ name: 'database.sqlite', ...measure.facts() }];
  writeFileSync(join(root, set, manifest.copy, 'manifest.json'), JSON.stringify({ ...manifest, parts }));
}

test('a copy restores with every table as it was, and leaves nothing in between', async () => {
  database(someRows).close();
  const before = readFileSync(path);
  const manifest = await backUp();
  expect(manifest.contents.items).toEqual([
    { name: 'orders', count: 2000, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { name: 'sqlite_schema', count: 1, hash: expect.any(String) },
  ]);
  const report = await drill(manifest);
  expect(failing(report)).toEqual([]);
  expect(report.passed).toBe(true);
  expect(report.dataUntil).toBe(manifest.contents.at);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(scratch)).toEqual([]);
  expect(readdirSync(dir).sort()).toEqual(['copies', 'scratch', "the shop's.db"]);
});

test('a copy holds one moment while others write, and what is counted is of that moment', async () => {
  const writer = database('PRAGMA journal_mode = WAL', someRows);
  const insert = writer.prepare("INSERT INTO orders (customer, total) VALUES ('another', 1)");
  const ended = new AbortController();
  const backing = backUp().finally(() => ended.abort());
  let written = 0;
  while (!ended.signal.aborted) {
    insert.run();
    written += 1;
    await new Promise(setImmediate);
  }
  const manifest = await backing;
  writer.close();
  expect(written).toBeGreaterThan(0);
  expect(manifest.contents.items[0]?.count).toBeGreaterThanOrEqual(2000);
  expect(failing(await drill(manifest))).toEqual([]);
  const copy = new Database(partOf(manifest), { readonly: true });
  expect(copy.prepare('SELECT count(*) AS count FROM orders').get()).toEqual({
    count: manifest.contents.items[0]?.count,
  });
  copy.close();
});

test('every kind of table and value fits', async () => {
  database(
    `CREATE TABLE "odd ""name"";--" (k TEXT PRIMARY KEY, "two words" ANY) WITHOUT ROWID`,
    `INSERT INTO "odd ""name"";--" VALUES ('a', 9223372036854775807), ('b', 1e308), ('c', x'00ff'), ('d', NULL), ('', '')`,
    'CREATE TABLE sums (a INT, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL, c INT GENERATED ALWAYS AS (a * 3) STORED)',
    'INSERT INTO sums (a) VALUES (1), (2)',
    'CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT); CREATE INDEX by_v ON counted (v, id)',
    "INSERT INTO counted (v) VALUES ('z'), ('a')",
    'CREATE VIRTUAL TABLE words USING fts5 (body)',
    "INSERT INTO words VALUES ('one two three')",
    'CREATE VIEW seen AS SELECT no_such_function(a) AS f FROM sums',
    `CREATE TABLE "${'long'.repeat(300)}" (a)`,
    'CREATE TABLE empty (a); ANALYZE',
  ).close();
  const manifest = await backUp();
  const counts = new Map(manifest.contents.items.map(({ name, count }) => [name, count]));
  expect(counts.get('odd "name";--')).toBe(5);
  expect(counts.get('words_content')).toBe(1);
  expect(counts.get('empty')).toBe(0);
  expect(counts.has('seen')).toBe(false);
  expect(failing(await drill(manifest))).toEqual([]);
});

test.each([
  ['a value', "UPDATE orders SET customer = 'nobody' WHERE id = 7", 'orders'],
  ['a type', "UPDATE orders SET customer = x'637573746f6d65722037' WHERE id = 7", 'orders'],
  ['a row', 'DELETE FROM orders WHERE id = 2000', 'orders'],
  ['an index', 'CREATE INDEX by_total ON orders (total)', 'sqlite_schema'],
])('%s that is another is found by its table, though size and sum fit', async (_what, change, table) => {
  database(someRows).close();
  const manifest = await backUp();
  const copy = new Database(partOf(manifest));
  copy.exec(change);
  copy.close();
  fitSums(manifest);
  expect(failing(await drill(manifest))[0]).toMatchObject({ what: table });
});

test('one flipped byte fails the drill, and the part is named', async () => {
  database(someRows).close();
  const manifest = await backUp();
  const bytes = readFileSync(partOf(manifest));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(partOf(manifest), bytes);
  expect(failing(await drill(manifest))).toMatchObject([{ what: 'part database.sqlite' }]);
  expect(readdirSync(scratch)).toEqual([]);
});

test('an index that does not lead to its rows fails the drill, though every table fits', async () => {
  database(someRows, 'CREATE INDEX by_customer ON orders (customer)').close();
  const manifest = await backUp();
  const copy = new Database(partOf(manifest));
  copy.unsafeMode(true);
  copy.pragma('writable_schema = ON');
  // Its pages become another index's, whose keys are of another column.
  copy.exec(
    "UPDATE sqlite_schema SET sql = 'CREATE INDEX by_customer ON orders (total)' WHERE name = 'by_customer'",
  );
  copy.close();
  fitSums(manifest);
  expect(failing(await drill(manifest))).toMatchObject([
    { what: 'restored and started', found: expect.stringContaining('integrity check') },
  ]);
});

test.each([
  ['that is not there', undefined, 'unable to open database file'],
  [
    'that is no database',
    'only words, and more of them than the head of a file has'.repeat(40),
    'not a database',
  ],
])('a file %s is refused, leaves no copy and is not made', async (_what, text, why) => {
  if (text !== undefined) writeFileSync(path, text);
  await expect(backUp()).rejects.toMatchObject({ code: 'BACKUP', message: expect.stringContaining(why) });
  const { copies } = await new DirectoryReader({ name: 'disk', root }).find(set);
  expect(copies).toEqual([]);
  expect(readdirSync(dir).includes("the shop's.db")).toBe(text !== undefined);
});

test('what reads the database ends when Vigie is killed, and its folder goes', async () => {
  // Nobody gets in, so a dump waits.
  const holder = database('CREATE TABLE t (a)', 'BEGIN EXCLUSIVE');
  const dumper = spawn(process.execPath, [resolve('test/backups/processes/dump-sqlite.ts'), path], {
    env: { ...process.env, TMPDIR: scratch },
    stdio: 'ignore',
  });
  const readers = (): number[] => {
    const { pid = 0 } = dumper;
    return readdirSync('/proc').flatMap(name => {
      if (!/^\d+$/.test(name) || name === String(pid)) return [];
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(path) ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
  };
  try {
    await expect.poll(() => readers().length).toBe(1);
    dumper.kill('SIGKILL');
    await expect.poll(readers).toEqual([]);
    // Where a program was started stays, empty, for a later start to take away; nothing of the copy does.
    const left = (): string[] => readdirSync(scratch, { recursive: true, encoding: 'utf8' });
    await expect.poll(() => left().filter(name => !/^vigie-run-\d+-\w{6}$/.test(name))).toEqual([]);
  } finally {
    dumper.kill('SIGKILL');
    holder.close();
  }
});

test('no two rows that differ are hashed alike', async () => {
  const rows = [
    '(1, NULL)',
    "('1', NULL)",
    '(1.5, NULL)',
    "('1.5', NULL)",
    "(x'31', NULL)",
    '(NULL, NULL)',
    "('', NULL)",
    "(NULL, '')",
    "(x'', NULL)",
    "('n', NULL)",
    "('a,t1:b', 'c')",
    "('a', 'b,t1:c')",
    "('a', 'b'), ('c', 'd')",
    "('a', 'b' || char(10) || 't1:c,t1:d')",
    '(9007199254740993, NULL)',
    '(9007199254740992, NULL)',
    "('é', NULL)",
    "('e' || char(769), NULL)",
  ];
  database(
    ...rows.map((row, index) => `CREATE TABLE v${index} (a, b); INSERT INTO v${index} VALUES ${row}`),
  ).close();
  const { contents } = await backUp();
  const values = contents.items.filter(({ name }) => name.startsWith('v'));
  expect(values).toHaveLength(rows.length);
  expect(new Set(values.map(({ hash }) => hash)).size).toBe(rows.length);
});

test('a file that is a link to another database is not copied, and leaves no copy', async () => {
  database(someRows).close();
  renameSync(path, join(dir, 'other.db'));
  symlinkSync(join(dir, 'other.db'), path);
  await expect(backUp()).rejects.toMatchObject({ message: expect.stringContaining('name what it leads to') });
  const folder = join(root, set);
  expect(readdirSync(folder)).toEqual([]);
});
