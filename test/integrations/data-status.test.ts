import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildVigie } from '../../src/app.ts';
import type { CallResult } from '../../src/core/result.ts';
import { dataChecks } from '../../src/desk/checks/data.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { type FakeKubelet, startFakeKubelet } from '../support/fake-kubelet.ts';
import { agent, type TestVigie } from '../support/start-vigie.ts';
import { closedPort } from '../support/wire.ts';
import { linesOf, startDataShop, toldOf } from './support/data-shop.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';
import { startStandby } from './support/postgres-standby.ts';
import { startPrometheus } from './support/prometheus.ts';
import { isInstalled, unlessMissing } from './support/start-program.ts';

const signal = new AbortController().signal;
const poorPassword = 'Poor-Role-Password-17';
let dir: string;
let shop: TestVigie | undefined;
let server: RealPostgres;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-data-'));
});
afterEach(async () => {
  await shop?.stop();
  shop = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function status(
  services: Readonly<Record<string, string>>,
  more: Parameters<typeof startDataShop>[1] = {},
): Promise<CallResult> {
  await shop?.stop();
  shop = await startDataShop(services, more);
  return shop.call('data_status', {});
}

function reference(name: string, value: string): string {
  const file = join(dir, name);
  writeFileSync(file, value, { mode: 0o600 });
  return `"file:${file}"`;
}

function at(more = '', { user = 'postgres', password = server.password, port = server.port } = {}): string {
  return `{engine: postgres, database: shop, host: 127.0.0.1, port: ${port}, user: ${user}, password: ${reference(`${user}.password`, password)}${more}}`;
}

const titled = `data_status on a real PostgreSQL${unlessNoPostgres()}`;
describe.skipIf(postgresPrograms() === undefined)(titled, () => {
  beforeAll(async () => {
    server = await startPostgres({
      settings: [
        'shared_preload_libraries=pg_stat_statements',
        'max_connections=12',
        'superuser_reserved_connections=1',
        'max_wal_senders=4',
        'autovacuum=off',
        'archive_mode=on',
      ],
    });
    server.sql("ALTER SYSTEM SET archive_command = 'true'");
    server.sql('SELECT pg_reload_conf()');
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE SCHEMA "odd; name"; CREATE EXTENSION pg_stat_statements SCHEMA "odd; name"', 'shop');
    server.sql(`CREATE ROLE poor LOGIN PASSWORD '${poorPassword}'`);
    server.sql('GRANT USAGE ON SCHEMA "odd; name" TO poor', 'shop');
  });
  afterAll(() => server.close());

  /** Sessions that stay as long as the test does. */
  function sessions(count: number, sql: string): { end(): Promise<void> } {
    const where = ['-X', '-q', '-h', server.dir, '-p', String(server.port), '-U', 'postgres', '-d', 'shop'];
    const all = Array.from({ length: count }, () =>
      spawn('psql', where, { stdio: ['pipe', 'ignore', 'ignore'] }),
    );
    for (const { stdin } of all) stdin.write(`${sql};\n`);
    return {
      async end() {
        const ended = all.map(child => once(child, 'exit'));
        for (const { stdin } of all) stdin.end();
        await Promise.all(ended);
      },
    };
  }

  test('one that is well is ok, line by line, and the answer is not bad', async () => {
    const result = await status({ 'shop-db': at() });
    expect(result.data).toMatchObject({ states: { 'shop-db': 'ok' }, bad: false, total: 1, shown: 1 });
    const lines = linesOf(result, 'shop-db');
    expect(Object.keys(lines).sort()).toEqual([
      'P99',
      'WAL archiving',
      'checksums',
      'connections',
      'dead tuples',
      'idle in transaction',
      'indexes',
      'longest query',
      'longest transaction',
      'replication',
      'slots',
      'slow queries',
      'waiting for locks',
      'wraparound',
      'wraparound of multixacts',
    ]);
    expect(lines['connections']).toMatch(/^ok: \d of 12 used/);
    expect(lines['P99']).toContain('hold only mean and maximum');
    expect(result.text).toMatch(
      /^shop-db: ok \(PostgreSQL [\d.]+, database shop; 127\.0\.0\.1:\d+, from this machine\)$/m,
    );
  });

  test('connections, dead rows, an invalid index and slow queries are warned of, with what they passed', async () => {
    server.sql(
      'CREATE TABLE orders AS SELECT generate_series(1, 20000) AS id; DELETE FROM orders WHERE id > 9000',
      'shop',
    );
    server.sql('CREATE TABLE twice AS SELECT 1 AS id UNION ALL SELECT 1', 'shop');
    try {
      server.sql('CREATE UNIQUE INDEX CONCURRENTLY twice_id ON twice (id)', 'shop');
    } catch {
      // It leaves the index behind, which is what is looked for.
    }
    const slow = Array.from({ length: 5 }, () =>
      spawn('psql', [
        '-X',
        '-h',
        server.dir,
        '-p',
        String(server.port),
        '-U',
        'postgres',
        '-d',
        'shop',
        '-c',
        "SELECT pg_sleep(1.05), 'Literal-Secret-5'",
      ]),
    );
    await Promise.all(slow.map(child => once(child, 'exit')));
    const held = sessions(10, 'SELECT 1');
    try {
      await expect
        .poll(() => server.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop'"))
        .toBe('10');
      const result = await status({ 'shop-db': at() });
      expect(result.data).toMatchObject({ states: { 'shop-db': 'warning' }, bad: true });
      const lines = linesOf(result, 'shop-db');
      expect(lines['connections']).toMatch(/^warning: 11 of 12 used \(91 %\); warning above 80 %$/);
      expect(lines['dead tuples']).toBe('warning: 55 % of public.orders (11,000 rows); warning above 40 %');
      expect(lines['indexes']).toBe('warning: not valid, so no query uses them: public.twice_id');
      expect(lines['slow queries']).toMatch(
        /^warning: mean 1(\.\d)? s of 5 calls: SELECT pg_sleep\(\$1\), \$2; warning above 1 s$/,
      );
      expect(result.text).not.toContain('Literal-Secret-5');
      expect(result.text).toContain("(operators' capacity alert)");
    } finally {
      await held.end();
      server.sql('DROP TABLE twice, orders', 'shop');
      server.sql('SELECT "odd; name".pg_stat_statements_reset()', 'shop');
    }
  });

  test('who is idle in a transaction and for how long is told, and what an application calls itself is only text', async () => {
    const held = sessions(1, "SET application_name = E'evil\\x1b[31m'; BEGIN; SELECT 1");
    try {
      await expect
        .poll(() => server.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"))
        .toBe('1');
      const lines = linesOf(await status({ 'shop-db': at() }), 'shop-db');
      expect(lines['idle in transaction']).toMatch(
        /^ok: \d+ m?s \(pid \d+, user postgres, database shop, application evil/,
      );
      expect(lines['longest transaction']).toMatch(/^ok: \d+ m?s \(pid \d+, user postgres/);
      expect(JSON.stringify(lines)).not.toContain('\\u001b');
    } finally {
      await held.end();
    }
  });

  test('a standby is told by its primary and by itself: streaming, paused, and gone with its slot left', async () => {
    const standby = await startStandby(server, 'follower');
    const both = { primary: at(), standby: at('', { port: standby.port }) };
    let stopped = false;
    try {
      await expect
        .poll(() =>
          server.sql(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn IS NOT NULL",
          ),
        )
        .toBe('1');
      const well = await status(both);
      expect(linesOf(well, 'primary')['replication to follower']).toMatch(
        /^ok: streaming, async, [\d.]+ k?B behind/,
      );
      expect(linesOf(well, 'primary')['slots']).toMatch(/^ok: follower holds [\d.]+ \w+ of WAL, in use$/);
      expect(linesOf(well, 'standby')['replay']).toMatch(/^ok: .* behind/);
      expect(well.text).toContain(', a standby, database shop');
      expect(linesOf(well, 'standby')['WAL archiving']).toContain('a standby archives nothing');

      standby.sql('SELECT pg_wal_replay_pause()');
      const paused = await shop?.call('data_status', { name: 'standby' });
      expect(paused?.data).toMatchObject({ states: { standby: 'warning' }, bad: true });
      expect(paused?.text).toContain('warning  replay  is paused (pg_wal_replay_resume() lets it go on)');

      standby.stop();
      stopped = true;
      await expect.poll(() => server.sql('SELECT count(*) FROM pg_stat_replication')).toBe('0');
      const gone = await shop?.call('data_status', {});
      if (gone === undefined) throw new Error('no answer');
      expect(linesOf(gone, 'primary')['slots']).toContain('of WAL, used by nobody');
      expect(linesOf(gone, 'primary')['replication']).toBe('note: nobody streams from it');
      expect(toldOf(gone, 'standby')).toEqual({
        state: 'critical',
        lines: [
          expect.objectContaining({
            check: 'service',
            level: 'critical',
            text: expect.stringContaining('Connection refused'),
          }),
          expect.objectContaining({ check: 'P99', level: 'note' }),
        ],
      });
    } finally {
      if (!stopped) standby.stop();
      server.sql("SELECT pg_drop_replication_slot('follower')");
    }
  });

  test('WAL that cannot be archived is critical from the failure on, until it goes well again', async () => {
    server.sql("ALTER SYSTEM SET archive_command = 'false'");
    server.sql('SELECT pg_reload_conf()');
    server.sql('CREATE TABLE written (id int); SELECT pg_switch_wal()', 'shop');
    const failing =
      'SELECT failed_count > 0 AND last_failed_time > coalesce(last_archived_time, to_timestamp(0)) FROM pg_stat_archiver';
    try {
      await expect.poll(() => server.sql(failing)).toBe('t');
      const result = await status({ 'shop-db': at() });
      expect(result.data).toMatchObject({ states: { 'shop-db': 'critical' }, bad: true });
      expect(linesOf(result, 'shop-db')['WAL archiving']).toMatch(
        /^critical: fails at [0-9A-F]{24}; .* failed$/,
      );
      server.sql("ALTER SYSTEM SET archive_command = ''");
      server.sql('SELECT pg_reload_conf()');
      await expect.poll(() => server.sql('SHOW archive_command')).toBe('');
      const unset = await shop?.call('data_status', {});
      expect(unset?.text).toContain('neither archive_command nor archive_library is set');
      expect(unset?.data).toMatchObject({ bad: true });
    } finally {
      server.sql("ALTER SYSTEM SET archive_command = 'true'");
      server.sql('SELECT pg_reload_conf()');
      server.sql('DROP TABLE written', 'shop');
    }
  });

  test('a role without pg_monitor gets no clean bill: exactly what it cannot see is not checked', async () => {
    server.sql('SELECT count(*) FROM pg_class', 'shop');
    const result = await status({ 'shop-db': at('', { user: 'poor', password: poorPassword }) });
    expect(result.data).toMatchObject({ states: { 'shop-db': 'not checked' }, bad: false });
    const unseen = toldOf(result, 'shop-db').lines.filter(({ level }) => level === 'not checked');
    expect(unseen.map(({ check }) => check).sort()).toEqual([
      'idle in transaction',
      'longest transaction',
      'replication',
      'slow queries',
      'waiting for locks',
    ]);
    expect(unseen.every(({ text }) => text.startsWith('needs pg_monitor'))).toBe(true);
    server.sql('GRANT pg_monitor TO poor');
    try {
      const monitor = await shop?.call('data_status', {});
      expect(monitor?.text).not.toContain('not checked');
    } finally {
      server.sql('REVOKE pg_monitor FROM poor');
    }
  });

  test('functions that a database puts before its own are not called, and nothing is written', async () => {
    server.sql(
      `CREATE SCHEMA trap; CREATE TABLE trap.sprung (who text);
       CREATE FUNCTION trap.pg_is_in_recovery() RETURNS bool LANGUAGE sql AS 'INSERT INTO trap.sprung VALUES (current_user) RETURNING true';
       CREATE FUNCTION trap.count(int) RETURNS bigint LANGUAGE sql AS 'SELECT 99::bigint';
       ALTER DATABASE shop SET search_path = trap, pg_catalog;
       ALTER DATABASE shop SET default_transaction_read_only = off`,
      'shop',
    );
    try {
      const result = await status({ 'shop-db': at() });
      expect(result.text).not.toContain('a standby');
      expect(result.text).not.toContain('refused with SQLSTATE');
      expect(server.sql('SELECT count(*) FROM trap.sprung', 'shop')).toBe('0');
    } finally {
      server.sql(
        'ALTER DATABASE shop RESET search_path; ALTER DATABASE shop RESET default_transaction_read_only',
      );
      server.sql('DROP SCHEMA trap CASCADE', 'shop');
    }
  });

  test('no secret shows: not that of a statement that is not normalised, nor of a comment, nor the password', async () => {
    server.sql("DO $$ BEGIN PERFORM pg_sleep(1.2); PERFORM 'Plain-Secret-In-Do'; END $$", 'shop');
    for (let times = 0; times < 5; times += 1)
      server.sql(`/* a * job */ (SELECT /* ${server.password} */ pg_sleep(0.01), 'x')`, 'shop');
    server.sql("SELECT 'Plain-Secret-In-Into', pg_sleep(1.4) IS NULL AS late INTO TABLE kept", 'shop');
    for (let times = 0; times < 5; times += 1)
      server.sql(
        `DROP TABLE IF EXISTS kept; WITH one AS (SELECT 'Plain-Secret-In-With' AS it, pg_sleep(0.3) IS NULL AS late)
          SELECT * INTO kept FROM one`,
        'shop',
      );
    server.sql('CREATE TABLE "two\nlines\u202e" AS SELECT generate_series(1, 12000)', 'shop');
    try {
      const result = await status({ 'shop-db': at() });
      const all = JSON.stringify(result);
      expect(linesOf(result, 'shop-db')['longest query']).toMatch(/^note: 1\.4 s once: SELECT …$/);
      expect(linesOf(result, 'shop-db')['slow queries']).toContain('/* a * job */ (SELECT /* ');
      expect(all).not.toContain('Plain-Secret');
      expect(all).not.toContain(server.password);
      expect(all).not.toContain('\u202e');
      expect(linesOf(result, 'shop-db')['dead tuples']).toMatch(/^ok: 0 % of public\.two lines/);
    } finally {
      server.sql('DROP TABLE "two\nlines\u202e", kept', 'shop');
      server.sql('SELECT "odd; name".pg_stat_statements_reset()', 'shop');
    }
  });

  test('psql gets a session that only reads, and the password by its environment alone', async () => {
    const programs = join(dir, 'programs');
    mkdirSync(programs);
    const record = join(dir, 'record');
    writeFileSync(
      join(programs, 'psql'),
      `#!/bin/sh\nprintf '%s\\n' "$PGOPTIONS" "$PGAPPNAME" "$*" > ${record}\nexec /usr/bin/psql "$@"\n`,
    );
    chmodSync(join(programs, 'psql'), 0o755);
    const path = process.env['PATH'] ?? '';
    process.env['PATH'] = `${programs}:${path}`;
    try {
      const result = await status({ 'shop-db': at() });
      expect(result.data).toMatchObject({ states: { 'shop-db': 'ok' } });
      const [options = '', name = '', words = ''] = readFileSync(record, 'utf8').split('\n');
      expect(options.split('-c ').map(each => each.trim())).toEqual(
        expect.arrayContaining([
          'default_transaction_read_only=on',
          'statement_timeout=4000',
          'lock_timeout=1000',
        ]),
      );
      expect(name).toBe('vigie');
      expect(words).not.toContain(server.password);
    } finally {
      process.env['PATH'] = path;
    }
  });

  test('one that hangs, one that is down, one with a wrong password and one without the database each say why, and the others answer', async () => {
    const hung = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(hung, 'listening');
    const address = hung.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    try {
      const result = await status({
        hung: at('', { port: address.port }),
        down: at('', { port: await closedPort() }),
        locked: at('', { user: 'poor', password: 'Not-The-Password' }),
        missing: at().replace('database: shop', 'database: nowhere'),
        well: at(),
      });
      expect(result.data).toMatchObject({
        states: {
          hung: 'critical',
          down: 'critical',
          locked: 'critical',
          missing: 'critical',
          well: 'ok',
        },
        bad: true,
        next: 'vigie doctor -e test',
      });
      expect(result.text).toContain('\nNext: vigie doctor -e test');
      const why = (name: string): string => linesOf(result, name)['service'] ?? '';
      expect(why('hung')).toBe('critical: no answer in 10 s');
      expect(why('down')).toContain('Connection refused');
      expect(why('locked')).toContain('password authentication failed for user "poor"');
      expect(why('missing')).toContain('database "nowhere" does not exist');
      expect(JSON.stringify(result)).not.toContain('Not-The-Password');
    } finally {
      hung.close();
    }
  });

  test('one that has no connection left is critical', async () => {
    const held = sessions(11, 'SELECT 1');
    try {
      await expect
        .poll(() => server.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop'"))
        .toBe('11');
      const result = await status({ full: at('', { user: 'poor', password: poorPassword }) });
      expect(linesOf(result, 'full')['service']).toMatch(
        /^critical: .*(remaining connection slots|too many clients)/,
      );
      expect(result.data).toMatchObject({ states: { full: 'critical' }, bad: true });
    } finally {
      await held.end();
    }
  });

  test('a statement that a lock keeps waiting ends by itself, and the lines around it stand', async () => {
    const held = sessions(1, 'BEGIN; LOCK TABLE "odd; name".pg_stat_statements IN ACCESS EXCLUSIVE MODE');
    try {
      await expect
        .poll(() => server.sql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'"))
        .not.toBe('0');
      const result = await status({ 'shop-db': at() });
      const lines = linesOf(result, 'shop-db');
      expect(lines['slow queries']).toBe('not checked: what is asked was locked for a second');
      expect(lines['connections']).toMatch(/^ok/);
      expect(result.data).toMatchObject({ states: { 'shop-db': 'not checked' } });
    } finally {
      await held.end();
    }
  });

  test('in read-only mode programs of this machine run, and a pod is not entered', async () => {
    shop = await startDataShop({
      here: at(),
      there: at(', run: {pod: {namespace: shop, workload: deployment/web}}'),
    });
    const readOnly = await buildVigie(
      { door: 'cli', configFile: shop.configFile, readOnly: true },
      {
        version: '0.0.0',
        env: { ...shop.env, VIGIE_HOME: join(dir, 'home') },
        self: [],
        now: () => new Date(),
      },
    );
    try {
      const result = await runTool(readOnly, {
        tool: 'data_status',
        input: {},
        actor: agent,
        signal,
        budgetBytes: 40_000,
      });
      expect(result.data).toMatchObject({ states: { here: 'ok', there: 'not checked' } });
      expect(linesOf(result, 'there')['service']).toBe(
        'not checked: its programs run in a pod, which Vigie does not enter read-only',
      );
      const environment = readOnly.environments.find(({ view }) => view.name === 'test');
      if (environment === undefined) throw new Error('there is no test');
      const states = [];
      for await (const { state } of dataChecks(environment, { signal })) states.push(state);
      expect(states).toEqual(['fine', 'note']);
    } finally {
      await readOnly.close();
    }
  });

  test('asked by psql in a pod of a fake kubelet, it says the same', async () => {
    let kubelet: FakeKubelet | undefined;
    try {
      const result = await status(
        { there: at(', run: {pod: {namespace: shop, workload: deployment/web}}') },
        {
          kubeconfig: async sandbox => {
            kubelet = await startFakeKubelet({ cluster: sandbox.url });
            return sandbox.kubeconfig().replaceAll(sandbox.url, kubelet.url);
          },
        },
      );
      expect(result.data).toMatchObject({ states: { there: 'ok' } });
      expect(result.text).toContain('from Deployment/web in shop');
    } finally {
      await kubelet?.close();
    }
  });

  test('doctor says of each whether it answers as who it is asked', async () => {
    shop = await startDataShop({
      well: at(),
      poor: at('', { user: 'poor', password: poorPassword }),
      down: at('', { port: await closedPort() }),
    });
    const environment = shop.vigie.environments.find(({ view }) => view.name === 'test');
    if (environment === undefined) throw new Error('there is no test');
    const lines = [];
    for await (const line of dataChecks(environment, { signal })) lines.push(line);
    expect(lines).toEqual([
      {
        area: 'test',
        state: 'fine',
        what: expect.stringMatching(/^data service well: PostgreSQL [\d.]+, database shop answers/),
      },
      {
        area: 'test',
        state: 'note',
        what: expect.stringContaining('5 of its lines cannot be checked: needs pg_monitor'),
        todo: 'See which: vigie data status poor -e test',
      },
      {
        area: 'test',
        state: 'wrong',
        what: expect.stringContaining('Connection refused'),
        todo: expect.stringContaining('data'),
      },
    ]);
  });

  test.skipIf(!isInstalled('prometheus'))(
    `a P99 that metrics know is held against a second${unlessMissing('prometheus')}`,
    async () => {
      const prometheus = await startPrometheus({});
      try {
        const p99 = (query: string): string => at(`, p99: "${query}"`);
        const result = await status(
          {
            fast: p99('vector(0.2)'),
            slow: p99('vector(1.5)'),
            none: p99('no_such_metric'),
            nothing: p99('vector(0) / 0'),
            wrong: p99('histogram_quantile(0.99, sum(rate(x[5m])'),
          },
          { sections: `    metrics: {prometheus: "${prometheus.url}"}\n` },
        );
        const p99Of = async (name: string): Promise<string> => {
          const one = await shop?.call('data_status', { name });
          return one === undefined ? '' : (linesOf(one, name)['P99'] ?? '');
        };
        expect(await p99Of('fast')).toBe('ok: 200 ms by metrics');
        expect(await p99Of('slow')).toBe('warning: 1.5 s by metrics; warning above 1 s');
        expect(await p99Of('none')).toBe('not checked: the query of p99 finds nothing now');
        expect(await p99Of('nothing')).toBe('not checked: the query of p99 finds nothing now');
        expect(await p99Of('wrong')).toMatch(/^not checked: p99 is no PromQL: /);
        expect(result.data).toMatchObject({
          states: { fast: 'ok', slow: 'warning', none: 'not checked' },
        });
      } finally {
        await prometheus.close();
      }
    },
  );
});
