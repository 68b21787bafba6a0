import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

let server: RealPostgres;
let dir: string;
let shop: TestVigie;
let endings: (() => void)[];

/** Every database that a person made or Vigie did, and whether it may be connected to. */
function databases(): string {
  return server.sql(
    "SELECT datname, datallowconn FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1') ORDER BY 1",
  );
}

/** Somebody connected to `shop` whose backend does not end when it is told to, as one that writes to a slow disk. */
async function stuckSession(): Promise<{ goOn: () => void }> {
  const env = { ...process.env, PGHOST: '127.0.0.1', PGPORT: String(server.port), PGUSER: 'postgres' };
  const psql = spawn('psql', ['-d', 'shop', '-qAt', '-f', '-'], {
    env: { ...env, PGPASSWORD: server.password },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  psql.stdin.on('error', () => undefined);
  psql.stdin.write('SELECT pg_backend_pid();\n');
  const [said]: unknown[] = await once(psql.stdout, 'data');
  const pid = Number(String(said));
  process.kill(pid, 'SIGSTOP');
  let stopped = true;
  const goOn = () => {
    if (stopped) process.kill(pid, 'SIGCONT');
    stopped = false;
  };
  endings.push(() => {
    goOn();
    psql.kill();
  });
  return { goOn };
}

/** When the server waits for sessions of `shop` to end. */
async function untilRenaming(): Promise<void> {
  await untilRuns('ALTER DATABASE', '1');
}

async function untilRuns(statement: string, count: string): Promise<void> {
  const running = `SELECT count(*) FROM pg_stat_activity WHERE query LIKE '${statement}%' AND state = 'active'`;
  await expect.poll(() => server.sql(running), { timeout: 60_000, interval: 100 }).toBe(count);
}

describe.skipIf(postgresPrograms() === undefined)(
  `restores of a real PostgreSQL that are cut off while the name is swapped${unlessNoPostgres()}`,
  () => {
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server.close());
    beforeEach(async () => {
      endings = [];
      dir = mkdtempSync(join(tmpdir(), 'cut-off-'));
      mkdirSync(join(dir, 'disk'));
      writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
      server.sql('CREATE DATABASE shop');
      server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 50)', 'shop');
      shop = await startVigie({
        policy: `${allowAgainAndAgain}
    secrets: {shop-password: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        shop-db: {engine: postgres, database: shop, host: 127.0.0.1, port: ${server.port}, user: postgres, password: shop-password, to: [disk]}`,
      });
    });
    afterEach(async () => {
      for (const end of endings) end();
      await shop.stop();
      const names = server.sql(
        "SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')",
      );
      for (const name of names.split('\n')) server.sql(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      rmSync(dir, { recursive: true, force: true });
    });

    test('a stop leaves the live database open under its name, and nothing that was made for it', async () => {
      await shop.call('backups_run', { set: 'shop-db' });
      const { goOn } = await stuckSession();
      const stop = new AbortController();
      const restoring = shop.call(
        'backups_restore',
        { set: 'shop-db', into: 'shop', overwrite: true },
        { signal: stop.signal },
      );
      await untilRenaming();
      expect(databases()).toContain('shop|t');
      stop.abort();
      // PostgreSQL drops nothing while one of its processes answers no signal.
      await untilRuns('DROP DATABASE', '1');
      goOn();
      await restoring;
      expect(databases()).toBe('shop|t');
    });

    test('sessions that do not end leave the live database as it was, and the answer says so', async () => {
      await shop.call('backups_run', { set: 'shop-db' });
      const { goOn } = await stuckSession();
      const restoring = shop.call('backups_restore', { set: 'shop-db', into: 'shop', overwrite: true });
      await untilRuns('DROP DATABASE', '1');
      goOn();
      const restored = await restoring;
      expect(restored.data).toMatchObject({ status: 'failed' });
      expect(restored.text).toContain('database shop is open, and as it was');
      expect(databases()).toBe('shop|t');
    });

    test('whoever connects again and again is cut off, and the name is swapped all the same', async () => {
      await shop.call('backups_run', { set: 'shop-db' });
      const url = `postgresql://postgres:${server.password}@127.0.0.1:${server.port}/shop`;
      const pool = spawn('sh', ['-c', 'while :; do psql -X -qAt -c "SELECT pg_sleep(0.3)" "$0"; done', url], {
        stdio: 'ignore',
        detached: true,
      });
      endings.push(() => process.kill(-(pool.pid ?? 0), 'SIGKILL'));
      const restored = await shop.call('backups_restore', {
        set: 'shop-db',
        into: 'shop',
        overwrite: true,
      });
      expect(restored.data).toMatchObject({ status: 'done' });
      expect(databases()).toMatch(/^shop\|t\nshop_before_\w+\|t$/);
    });

    test('kill -9 of a restore leaves a database that the next restore of the set names, with how to drop it', async () => {
      await shop.call('backups_run', { set: 'shop-db' });
      const source = join(import.meta.dirname, '../../src');
      const killed = (set: string, drawn: string): string => `
import { databasePlace } from '${source}/backups/engines/postgres-place.ts';
import { localRunner } from '${source}/processes/local-runner.ts';
const place = databasePlace({ runner: localRunner, signal: new AbortController().signal, deadlineMs: 60000,
  progress() {}, settings: { database: 'shop', host: '127.0.0.1', port: ${server.port}, user: 'postgres' },
  secrets: { password: process.env.WORD }, manifest: { set: '${set}', copy: 'c' }, into: 'again', drawn: '${drawn}' });
await place.make();
process.kill(process.pid, 'SIGKILL');`;
      for (const [set, drawn] of [
        ['shop-db', 'k1k1'],
        ['another', 'k2k2'],
      ] as const) {
        const child = spawn(process.execPath, ['--input-type=module', '-e', killed(set, drawn)], {
          env: { ...process.env, WORD: server.password },
          stdio: 'ignore',
        });
        expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      }
      server.sql('CREATE DATABASE vigie_new_k3k3');
      server.sql(`CREATE DATABASE "vigie_new_' OR"`);
      const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'again' });
      expect(restored.data).toMatchObject({ status: 'done' });
      expect(restored.text.match(/Database vigie_new_.*$/gm)).toEqual(
        ['k1k1', 'k3k3'].map(
          drawn =>
            `Database vigie_new_${drawn} was left by a restore that did not end, or one that runs just now; when none does: DROP DATABASE "vigie_new_${drawn}"`,
        ),
      );
    });

    test('kill -9 while the server waits leaves the live database open', async () => {
      const { goOn } = await stuckSession();
      const source = join(import.meta.dirname, '../../src');
      const program = `
import { databasePlace } from '${source}/backups/engines/postgres-place.ts';
import { localRunner } from '${source}/processes/local-runner.ts';
const place = databasePlace({ runner: localRunner, signal: new AbortController().signal, deadlineMs: 60000,
  progress() {}, settings: { database: 'shop', host: '127.0.0.1', port: ${server.port}, user: 'postgres' },
  secrets: { password: process.env.WORD }, manifest: {}, into: 'shop', drawn: 'k3k3' });
await place.make();
await place.settle({ mark: 'a mark', aside: 'shop_before_k3k3' });`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        env: { ...process.env, WORD: server.password },
        stdio: 'ignore',
      });
      await untilRenaming();
      child.kill('SIGKILL');
      expect(databases()).toContain('shop|t');
      goOn();
      // Whatever of it the server still does: all of the swap, or nothing.
      await untilRuns('ALTER DATABASE', '0');
      expect(databases()).toMatch(/^shop\|t\n(shop_before_k3k3|vigie_new_k3k3)\|t$/);
      expect(server.sql('SELECT 1', 'shop')).toBe('1');
    });
  },
);
