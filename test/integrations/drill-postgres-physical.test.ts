import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridgedStretches } from '../../src/backups/bridged-stretches.ts';
import { goodCopies, readShelf } from '../../src/backups/catalogue.ts';
import { runDrill } from '../../src/backups/drill.ts';
import type { PostgresPhysicalSettings } from '../../src/backups/engines/physical-copy.ts';
import { postgresPhysical } from '../../src/backups/engines/postgres-physical.ts';
import { askPostgres } from '../../src/backups/engines/postgres-server.ts';
import { makeCopy } from '../../src/backups/make-copy.ts';
import { openCopy } from '../../src/backups/open-copy.ts';
import { openScratchFolder } from '../../src/backups/scratch-folder.ts';
import { watchCopy } from '../../src/backups/watched-copy.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../src/clients/directory/writer.ts';
import { type Manifest, newCopyId } from '../../src/core/copy.ts';
import { localRunner } from '../../src/processes/local-runner.ts';
import { oursAt, signedAt } from '../support/signed.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

const signal = new AbortController().signal;
const set = 'shop';
const base = { signal, deadlineMs: 60_000, runner: localRunner, progress: () => undefined };
let server: RealPostgres;
let root: string;
let scratch: string;

async function backUp(more: PostgresPhysicalSettings | object = {}): Promise<Manifest> {
  const [newest] = goodCopies(await readShelf(oursAt(new DirectoryReader({ name: 'disk', root })), set));
  return makeCopy({
    ...base,
    engine: postgresPhysical,
    settings: {
      database: 'shop',
      host: server.host,
      port: server.port,
      user: 'backup',
      slot: 'vigie',
      ...more,
    },
    secrets: { password: 'Backup-Pw-41' },
    writer: signedAt(new DirectoryWriter({ name: 'disk', root })),
    name: { set, copy: newCopyId(new Date()) },
    encrypt: { how: 'none' },
    beforeWrite: async () => undefined,
    now: () => new Date(),
    ...(newest === undefined ? {} : { previous: newest.manifest }),
  });
}

async function opened(manifest: Manifest) {
  const reader = oursAt(new DirectoryReader({ name: 'disk', root }));
  return watchCopy(await openCopy(reader, { set, copy: manifest.copy, unseal: undefined }));
}

async function drill(manifest: Manifest) {
  const settings = { database: 'shop' };
  const copy = await opened(manifest);
  return runDrill({
    ...base,
    engine: postgresPhysical,
    settings,
    copy,
    base: scratch,
    now: () => new Date(),
  });
}

/** What a query answers on a server that was restored from a copy, to a moment. */
async function restored(
  manifest: Manifest,
  asked: { sql: string; pointInTime?: Date; over?: readonly string[] },
): Promise<string> {
  const folder = await openScratchFolder(localRunner, { base: scratch, signal });
  try {
    const { target } = await postgresPhysical.scratch({
      ...base,
      settings: { database: 'shop' },
      manifest,
      folder: folder.path,
    });
    const { sql, over, ...to } = asked;
    const whole = await opened(manifest);
    const copy = over === undefined ? whole : { ...whole, manifest: { ...manifest, needs: over } };
    await postgresPhysical.restore({ ...base, copy, target, ...to });
    return (await askPostgres(base, target, { database: 'shop', sql })).trim();
  } finally {
    await folder.end();
  }
}

const pause = () => new Promise(done => setTimeout(done, 50));

describe.skipIf(postgresPrograms() === undefined)(
  `whole copies of a real PostgreSQL${unlessNoPostgres()}`,
  () => {
    beforeAll(async () => {
      server = await startPostgres({
        settings: ['wal_level=replica', 'max_wal_senders=4', 'wal_keep_size=0'],
      });
      root = mkdtempSync(join(tmpdir(), 'copies-'));
      scratch = mkdtempSync(join(tmpdir(), 'sc-'));
      chmodSync(scratch, 0o711);
      server.sql('CREATE DATABASE shop');
      server.sql('CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, 20000) AS n', 'shop');
      // All that the guide says to grant, and nothing more.
      server.sql(`CREATE ROLE backup LOGIN REPLICATION PASSWORD 'Backup-Pw-41'`);
      server.sql('GRANT pg_monitor, pg_read_server_files TO backup');
      for (const database of ['shop', 'postgres'])
        server.sql(
          'GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_read_binary_file(text) TO backup',
          database,
        );
    });
    afterAll(() => {
      server.close();
      for (const folder of [root, scratch]) rmSync(folder, { recursive: true, force: true });
    });

    test('the first copy is of the whole server, those after it of WAL, and each can be drilled', async () => {
      const whole = await backUp();
      expect(whole.source).toMatchObject({ kind: 'base' });
      server.sql('INSERT INTO orders VALUES (30000)', 'shop');
      const wal = await backUp();
      expect(wal.source).toMatchObject({ kind: 'wal' });
      expect(wal.needs).toEqual([whole.copy]);
      const report = await drill(wal);
      expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(report.checks.find(({ what }) => what.startsWith('the marker'))?.found).toBe(wal.copy);
      expect((await drill(whole)).passed).toBe(true);
      expect(readdirSync(scratch)).toEqual([]);
      expect(await restored(wal, { sql: 'SELECT count(*), max(id) FROM public.orders' })).toBe(
        '20001\t30000',
      );
    });

    test('tables of every database are counted, at the source and where they were restored', async () => {
      server.sql('CREATE DATABASE "odd name"');
      server.sql(`CREATE TABLE "it's "" odd" AS SELECT 1 AS a; CREATE TABLE none (a int)`, 'odd name');
      server.sql('CREATE UNLOGGED TABLE passing AS SELECT 1 AS a', 'shop');
      server.sql('GRANT pg_read_all_data TO backup');
      try {
        const whole = await backUp({ baseEveryHours: 0 });
        expect(whole.contents.items).toContainEqual({
          name: 'shop: public.orders',
          count: 20_001,
          most: 20_001,
        });
        expect(whole.contents.items).toContainEqual({
          name: 'odd name: public.it\'s " odd',
          count: 1,
          most: 1,
        });
        expect(whole.contents.items.some(({ name }) => name.includes('passing'))).toBe(false);
        const report = await drill(whole);
        expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
        expect(report.checks.find(({ what }) => what.startsWith('rows of'))?.found).toBe(
          '20002 rows there; the source had between 20002 and 20002',
        );
        const wal = await backUp();
        expect(wal.contents.items).toContainEqual({ name: 'shop: public.orders', count: 1 });
        expect((await drill(wal)).passed).toBe(true);
      } finally {
        server.sql('REVOKE pg_read_all_data FROM backup');
        server.sql('DROP DATABASE "odd name"');
      }
    });

    test('a table that held rows and is empty where it was restored fails the drill, and is named', async () => {
      server.sql('GRANT SELECT ON orders TO backup', 'shop');
      try {
        const whole = await backUp({ baseEveryHours: 0 });
        server.sql('DELETE FROM orders', 'shop');
        const emptied = await backUp({ baseEveryHours: 0 });
        // As if a copy had lost the rows that were counted for it.
        const opening = await opened(emptied);
        const { contents } = whole;
        const marker = emptied.contents.marker ?? '';
        const lying = { ...opening, manifest: { ...emptied, contents: { ...contents, marker } } };
        const report = await runDrill({
          ...base,
          engine: postgresPhysical,
          settings: { database: 'shop' },
          copy: lying,
          base: scratch,
          now: () => new Date(),
        });
        expect(report.checks.filter(({ passed }) => !passed)).toMatchObject([
          { what: expect.stringMatching(/^nothing that held/), found: 'empty or gone: shop: public.orders' },
        ]);
      } finally {
        server.sql('INSERT INTO orders SELECT n FROM generate_series(1, 20001) AS n', 'shop');
        server.sql('REVOKE SELECT ON orders FROM backup', 'shop');
      }
    });

    test('a table that is locked, or that the role may not read, keeps no backup from ending', async () => {
      server.sql('CREATE TABLE held AS SELECT 1 AS a; GRANT SELECT ON held, orders TO backup', 'shop');
      const words = ['-h', server.dir, '-p', String(server.port), '-U', 'postgres', '-d', 'shop'];
      const holding = spawn('psql', [...words, '-c', 'BEGIN; LOCK TABLE held; SELECT pg_sleep(60)']);
      try {
        await expect
          .poll(() =>
            server.sql(
              "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted",
              'shop',
            ),
          )
          .not.toBe('0');
        const whole = await backUp({ baseEveryHours: 0 });
        const names = whole.contents.items.map(({ name }) => name);
        expect(names).toContain('shop: public.orders');
        expect(names).not.toContain('shop: public.held');
        expect(whole.contents.left).toBe(1);
      } finally {
        server.sql(
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE mode = 'AccessExclusiveLock'",
          'shop',
        );
        await once(holding, 'close');
        server.sql('REVOKE SELECT ON orders FROM backup; DROP TABLE held', 'shop');
      }
    });

    test('rows that were deleted are there again at the moment before', async () => {
      server.sql('INSERT INTO orders VALUES (40000)', 'shop');
      await pause();
      const moment = new Date(server.sql('SELECT now()', 'shop'));
      await pause();
      server.sql('DELETE FROM public.orders', 'shop');
      const wal = await backUp();
      const sql = 'SELECT count(*), max(id) FROM public.orders';
      expect(await restored(wal, { sql })).toBe('0');
      expect(await restored(wal, { sql, pointInTime: moment })).toBe('20002\t40000');
    });

    test('rows that were deleted before the whole server was copied again are reached over the copy before', async () => {
      server.sql('INSERT INTO orders VALUES (45000)', 'shop');
      const before = await backUp();
      server.sql('INSERT INTO orders VALUES (46000)', 'shop');
      await pause();
      const moment = new Date(server.sql('SELECT now()', 'shop'));
      await pause();
      server.sql('DELETE FROM orders WHERE id > 44000', 'shop');
      const whole = await backUp({ baseEveryHours: 0 });
      const wal = await backUp();
      const older = await Promise.all(
        (before.needs ?? []).map(async copy => (await opened({ ...before, copy })).manifest),
      );
      const [bridge] = bridgedStretches([...older, before, whole, wal]);
      expect(bridge).toMatchObject({ copy: wal.copy, over: [...(before.needs ?? []), before.copy] });
      const sql = 'SELECT max(id) FROM public.orders';
      expect(await restored(wal, { sql })).not.toBe('46000');
      expect(await restored(wal, { sql, pointInTime: moment, over: bridge?.over ?? [] })).toBe('46000');
    });

    test('a moment that no WAL reaches is refused by PostgreSQL itself, and said', async () => {
      const wal = await backUp();
      const tomorrow = new Date(Date.now() + 24 * 3_600_000);
      const refused = await restored(wal, { sql: 'SELECT 1', pointInTime: tomorrow }).catch(String);
      expect(refused).toContain('recovery ended before configured recovery target was reached');
    });

    test('the server gives WAL free only once it lies in a finished copy', async () => {
      const first = await backUp();
      const held = () =>
        server.sql("SELECT pg_walfile_name(restart_lsn) FROM pg_replication_slots WHERE slot_name = 'vigie'");
      const before = held();
      const second = await backUp();
      expect(held() > before).toBe(true);
      expect(held() <= (second.source['wal'] ?? '')).toBe(true);
      expect(held() >= (first.source['wal'] ?? '~')).toBe(true);
    });

    test('WAL that the server has lost makes the next copy a whole one', async () => {
      server.sql("SELECT pg_drop_replication_slot('vigie')");
      for (let round = 0; round < 3; round += 1)
        server.sql('CREATE TABLE t AS SELECT 1; DROP TABLE t; SELECT pg_switch_wal(); CHECKPOINT', 'shop');
      const copy = await backUp();
      expect(copy.source).toMatchObject({ kind: 'base' });
      expect((await drill(copy)).passed).toBe(true);
    });

    test('a copy of the whole server is made anew when the last is old enough', async () => {
      expect((await backUp({ baseEveryHours: 0 })).source).toMatchObject({ kind: 'base' });
    });

    test('eight flipped bytes in WAL of an older copy fail the drill, and the part is named', async () => {
      const middle = await backUp();
      server.sql('INSERT INTO orders VALUES (50000)', 'shop');
      const newest = await backUp();
      expect(newest.needs).toContain(middle.copy);
      const [{ name } = { name: '' }] = middle.parts;
      const path = join(root, set, middle.copy, name);
      const bytes = readFileSync(path);
      bytes.fill(0x5a, bytes.length - 40, bytes.length - 32);
      writeFileSync(path, bytes);
      const report = await drill(newest);
      expect(report.checks[0]).toMatchObject({ passed: false, what: `part ${name}` });
      expect(readdirSync(scratch)).toEqual([]);
    });
  },
);
