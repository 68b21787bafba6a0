import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isObject, listOf } from '../../src/core/json.ts';
import { fc } from '../support/properties.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

const hourMs = 3_600_000;
let dir: string;
let shop: TestVigie;

async function start(set: string, more = ''): Promise<void> {
  shop = await startVigie({
    policy: `${allowAgainAndAgain}
    secrets: {word: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        data: {${set}, to: [disk], scratch: ${join(dir, 'scratch')}${more}}`,
  });
}

/** A tool in another process, killed so long after it said a step that matches: the first one, or the nth. */
async function killedAt(
  tool: string,
  at: { step: RegExp; nth?: number; afterMs: number; aheadMs?: number },
): Promise<void> {
  const { step, nth = 1, afterMs, aheadMs = 0 } = at;
  const child: ChildProcess = fork(
    join(import.meta.dirname, 'processes', 'run-and-be-killed.ts'),
    [shop.configFile, 'data', tool, String(aheadMs)],
    { env: { ...shop.env, TMPDIR: join(dir, 'temporary') }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const ended = once(child, 'exit');
  let met = 0;
  const there = new Promise<void>(resolve => {
    child.on('message', message => {
      if (typeof message === 'string' && step.test(message)) met += 1;
      if (met === nth) resolve();
    });
  });
  await Promise.race([there, ended]);
  await pause(afterMs);
  child.kill('SIGKILL');
  await ended;
  expect(met).toBeGreaterThanOrEqual(nth);
}

/** What lies of the set: copies, and whatever else. */
function lying(): string[] {
  const folder = join(dir, 'disk', 'data');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** As it is after five minutes in which nobody renewed it. */
function ageLock(): void {
  const file = join(dir, 'disk', 'data', 'lock.json');
  if (!existsSync(file)) return;
  const lock: unknown = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...(isObject(lock) ? lock : {}), renewedAt: '2026-01-01T00:00:00Z' }));
}

async function listed() {
  const { data } = await shop.call('backups_list', { set: 'data' });
  return {
    set: listOf(data, 'sets')[0] ?? {},
    good: listOf(data, 'copies').filter(each => each['state'] === 'good'),
    others: listOf(data, 'copies').filter(each => each['state'] !== 'good'),
  };
}

/** What is left to take away; the empty folder of a program that was killed along goes when it is old. */
function temporary(): string[] {
  return readdirSync(join(dir, 'temporary')).filter(name => !name.startsWith('vigie-run-'));
}

/** Processes that work below the folder. */
function working(): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        return readlinkSync(`/proc/${name}/cwd`).startsWith(join(dir, 'scratch', 'vigie-scratch-'));
      } catch {
        return false;
      }
    });
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'killed-'));
  for (const name of ['disk', 'scratch', 'temporary']) mkdirSync(join(dir, name));
  // A server is not run as root, and must get to its folder.
  for (const name of ['', 'scratch', 'temporary']) chmodSync(join(dir, name), 0o711);
});
afterEach(async () => {
  await shop.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('a prune that is killed', () => {
  const moments = fc.sample(
    fc.record({ nth: fc.integer({ min: 1, max: 3 }), afterMs: fc.integer({ min: 0, max: 15 }) }),
    2,
  );

  test.each(moments)(
    'at copy $nth and $afterMs ms later leaves whole copies and the one that is proven, and the next one ends it',
    async moment => {
      const live = new Database(join(dir, 'live.db'));
      live.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders DEFAULT VALUES');
      live.close();
      writeFileSync(join(dir, 'password'), 'none');
      await start(`engine: sqlite, path: ${join(dir, 'live.db')}`, ', retention: {last: 1}');
      shop.passTime(-72 * hourMs);
      for (let copies = 0; copies < 6; copies += 1) {
        shop.passTime(hourMs);
        expect((await shop.call('backups_run', { set: 'data' })).data).toMatchObject({ status: 'done' });
        if (copies === 1)
          expect((await shop.call('backups_drill', { set: 'data' })).data).toMatchObject({ status: 'done' });
      }
      const [, proven = '', ...others] = lying();
      const newest = others.at(-1) ?? '';
      await killedAt('backups_prune', { step: /^Removed /, ...moment });
      const { set, good } = await listed();
      const names = good.map(({ copy }) => copy);
      expect(names).toEqual(expect.arrayContaining([proven, newest]));
      expect(names.length).toBeLessThan(6);
      expect(set).toMatchObject({ provenAt: expect.any(String) });
      const last = await shop.call('backups_drill', { set: 'data' });
      expect(last.data, last.text).toMatchObject({ status: 'done' });
      const again = await shop.call('backups_prune', { set: 'data' });
      expect(['done', 'nothing_to_do']).toContain(again.data['status']);
      expect(lying()).toContain(newest);
      expect((await listed()).others).toEqual([]);
    },
  );
});

describe.skipIf(postgresPrograms() === undefined)(`with a real PostgreSQL${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  beforeAll(async () => {
    server = await startPostgres({ settings: ['wal_level=replica', 'max_wal_senders=4'] });
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, 20000) AS n', 'shop');
  });
  afterAll(() => server.close());
  beforeEach(() => writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 }));

  const account = () => `host: 127.0.0.1, port: ${server.port}, user: postgres, password: word`;
  const drills = fc.sample(
    fc.tuple(
      fc.constantFrom('Starting an empty', 'Restoring', 'Comparing'),
      fc.integer({ min: 0, max: 500 }),
    ),
    2,
  );

  test.each(drills)(
    'a drill that is killed %s and %i ms later reports nothing, leaves no server and no folder, and the proven copy stays proven',
    async (stage, afterMs) => {
      await start(`engine: postgres, database: shop, ${account()}`);
      await shop.call('backups_run', { set: 'data' });
      expect((await shop.call('backups_drill', { set: 'data' })).data).toMatchObject({ status: 'done' });
      const before = await listed();
      await killedAt('backups_drill', { step: new RegExp(`^${stage}`), afterMs });
      const after = await listed();
      expect(after.good.map(({ copy }) => copy)).toEqual(before.good.map(({ copy }) => copy));
      expect(after.others).toEqual([]);
      // The shell that keeps the folder sees our end, and clears up.
      await expect.poll(() => readdirSync(join(dir, 'scratch'))).toEqual([]);
      expect(working()).toEqual([]);
      expect(temporary()).toEqual([]);
      const next = await shop.call('backups_drill', { set: 'data' });
      expect(next.data, next.text).toMatchObject({ status: 'done' });
      expect((await listed()).set).toMatchObject({ verdict: 'good' });
    },
  );

  const runs = fc.sample(
    fc.tuple(fc.constantFrom('Counting rows', 'Copying the whole server'), fc.integer({ min: 0, max: 700 })),
    2,
  );

  test.each(runs)(
    'a run of the whole server that is killed at %s and %i ms later counts as no half copy, and what it left can be pruned',
    async (stage, afterMs) => {
      await start(`engine: postgres-physical, database: shop, ${account()}`, ', retention: {last: 2}');
      expect((await shop.call('backups_run', { set: 'data' })).data).toMatchObject({ status: 'done' });
      expect((await shop.call('backups_drill', { set: 'data' })).data).toMatchObject({ status: 'done' });
      const [proven = ''] = lying();
      await killedAt('backups_run', { step: new RegExp(`^${stage}`), afterMs, aheadMs: -48 * hourMs });
      const { good } = await listed();
      expect(good.map(({ copy }) => copy)).toContain(proven);
      for (const { copy } of good)
        expect((await shop.call('backups_drill', { set: 'data', copy })).data).toMatchObject({
          status: 'done',
        });
      ageLock();
      const next = await shop.call('backups_run', { set: 'data' });
      expect(next.data, next.text).toMatchObject({ status: 'done' });
      expect((await shop.call('backups_drill', { set: 'data' })).data).toMatchObject({ status: 'done' });
      const pruned = await shop.call('backups_prune', { set: 'data' });
      expect(['done', 'nothing_to_do']).toContain(pruned.data['status']);
      expect((await listed()).others).toEqual([]);
      expect(new Set(lying())).toEqual(new Set((await listed()).good.map(({ copy }) => copy)));
      expect(lying()).toContain(proven);
      expect(temporary()).toEqual([]);
      expect(server.sql('SELECT count(*) FROM pg_stat_replication')).toBe('0');
    },
  );
});
