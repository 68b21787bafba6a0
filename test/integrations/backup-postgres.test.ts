import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { goodCopies, readShelf } from '../../src/backups/catalogue.ts';
import { postgresDump } from '../../src/backups/engines/postgres-dump.ts';
import { makeCopy } from '../../src/backups/make-copy.ts';
import { openCopy } from '../../src/backups/open-copy.ts';
import { openScratchFolder } from '../../src/backups/scratch-folder.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../src/clients/directory/writer.ts';
import { newCopyId } from '../../src/core/copy.ts';
import { localRunner } from '../../src/processes/local-runner.ts';
import { oursAt, signedAt } from '../support/signed.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

const signal = new AbortController().signal;
const set = 'shop-db';
let server: RealPostgres;
let root: string;

const base = { signal, deadlineMs: 60_000, runner: localRunner, progress: () => undefined };

function settings() {
  return { database: 'shop', host: server.host, port: server.port, user: server.user };
}

async function backUp(more: { password?: string; during?: () => void } = {}) {
  return makeCopy({
    ...base,
    engine: postgresDump,
    settings: settings(),
    secrets: { password: more.password ?? server.password },
    writer: signedAt(new DirectoryWriter({ name: 'disk', root })),
    name: { set, copy: newCopyId(new Date()) },
    encrypt: { how: 'none' },
    beforeWrite: async () => undefined,
    now: () => new Date(),
    progress: message => message.startsWith('Dumping') && more.during?.(),
  });
}

describe.skipIf(postgresPrograms() === undefined)(`a real PostgreSQL${unlessNoPostgres()}`, () => {
  beforeAll(async () => {
    server = await startPostgres();
    server.sql('CREATE DATABASE shop');
    server.sql(
      `CREATE TABLE orders (id int PRIMARY KEY, total numeric, placed timestamptz);
       INSERT INTO orders SELECT n, n * 1.5, now() FROM generate_series(1, 20000) AS n;
       CREATE SCHEMA "odd schema"; CREATE TABLE "odd schema"."t'--" (v text); INSERT INTO "odd schema"."t'--" VALUES (NULL), ('a''b');
       CREATE TABLE parts (id int) PARTITION BY RANGE (id); CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10); INSERT INTO parts VALUES (3);
       CREATE MATERIALIZED VIEW sums AS SELECT sum(total) FROM orders; SELECT lo_from_bytea(0, 'blob');`,
      'shop',
    );
  });
  afterAll(() => server.close());
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vigie-copies-'));
    return () => rmSync(root, { recursive: true, force: true });
  });

  test('a copy counts what it holds, restores elsewhere and holds the same there', async () => {
    const manifest = await backUp();
    expect(manifest.contents.items.map(({ name, count }) => [name, count])).toEqual([
      ['"odd schema"."t\'--"', 2],
      ['public.orders', 20_000],
      ['public.parts_low', 1],
      ['large objects', 1],
    ]);
    const copy = await openCopy(new DirectoryReader({ name: 'disk', root }), {
      ...manifest,
      unseal: undefined,
    });
    const folder = await openScratchFolder(localRunner, { signal });
    const scratch = await postgresDump.scratch({
      ...base,
      settings: settings(),
      manifest,
      folder: folder.path,
    });
    try {
      await postgresDump.restore({ ...base, copy, target: scratch.target });
      const found = await postgresDump.inspect({
        ...base,
        target: scratch.target,
        expected: manifest.contents,
      });
      expect(found.items).toEqual(manifest.contents.items);
    } finally {
      await scratch.end();
      expect(await folder.end()).toBe(true);
    }
  });

  test('what is written while the dump runs is in neither the dump nor the counts', async () => {
    const manifest = await backUp({
      during: () => server.sql('INSERT INTO orders VALUES (0, 0, now()); DELETE FROM parts', 'shop'),
    });
    server.sql('DELETE FROM orders WHERE id = 0; INSERT INTO parts VALUES (3)', 'shop');
    const counts = Object.fromEntries(manifest.contents.items.map(({ name, count }) => [name, count]));
    expect(counts).toMatchObject({ 'public.orders': 20_000, 'public.parts_low': 1 });
  });

  test('one changed value changes the hash of its table, and the order of rows does not', async () => {
    const before = await backUp();
    server.sql('UPDATE orders SET total = total WHERE id % 3 = 0', 'shop');
    const moved = await backUp();
    server.sql('UPDATE orders SET total = total + 1 WHERE id = 7', 'shop');
    const changed = await backUp();
    const hashOf = (manifest: typeof before) =>
      manifest.contents.items.find(each => each.name === 'public.orders')?.hash;
    expect(hashOf(moved)).toBe(hashOf(before));
    expect(hashOf(changed)).not.toBe(hashOf(before));
  });

  test('a wrong password leaves nothing that looks like a copy, and stands in no error', async () => {
    const error = await backUp({ password: 'Wrong-Password-77' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'BACKUP',
      message: expect.stringContaining('password authentication failed'),
    });
    expect(String(error)).not.toContain('Wrong-Password-77');
    expect(readdirSync(join(root, set))).toEqual([]);
  });

  test('a source that dies midway leaves no copy', async () => {
    const error = await backUp({
      during: () =>
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vigie'"),
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BACKUP' });
    expect((await readShelf(oursAt(new DirectoryReader({ name: 'disk', root })), set)).copies).toEqual([]);
  });

  test('a part that was changed on the disk is not read to its end', async () => {
    const manifest = await backUp();
    const path = join(root, set, manifest.copy, 'database.dump');
    const bytes = readFileSync(path);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const reader = oursAt(new DirectoryReader({ name: 'disk', root }));
    const copy = await openCopy(reader, { ...manifest, unseal: undefined });
    await expect(
      (async () => {
        for await (const _ of copy.open('database.dump'));
      })(),
    ).rejects.toMatchObject({ code: 'COPY_DAMAGED' });
    expect(goodCopies(await readShelf(reader, set))).toHaveLength(1);
  });
});
