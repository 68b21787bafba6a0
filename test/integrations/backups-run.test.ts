import { execFileSync, fork } from 'node:child_process';
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
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isObject, plainText } from '../../src/core/json.ts';
import { allowAgainAndAgain, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

let server: RealPostgres;
let dir: string;
let shop: TestVigie;

function backupsText(more = ''): string {
  return `
    secrets: {shop-password: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
        vault: {directory: ${join(dir, 'vault')}, media: tape, offSite: true}
      sets:
        shop-db: {engine: postgres, database: shop, host: 127.0.0.1, port: ${server.port}, user: postgres, password: shop-password, to: [disk, vault], retention: {last: 2}, objective: {age: 6h}${more}}`;
}

async function start(policy = allowAgainAndAgain): Promise<TestVigie> {
  shop = await startVigie({ policy: policy + backupsText() });
  return shop;
}

/** As it is after five minutes in which nobody renewed it. */
function staleLock(file: string): void {
  if (!existsSync(file)) return;
  const lock: unknown = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...(isObject(lock) ? lock : {}), renewedAt: '2026-01-01T00:00:00Z' }));
}

describe.skipIf(postgresPrograms() === undefined)(`backups of a real PostgreSQL${unlessNoPostgres()}`, () => {
  beforeAll(async () => {
    server = await startPostgres();
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 5000)', 'shop');
  });
  afterAll(() => server.close());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'vigie-backups-'));
    mkdirSync(join(dir, 'disk'));
    mkdirSync(join(dir, 'vault'));
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
  });
  afterEach(async () => {
    await shop.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a backup goes to every destination, is read back from each, and is listed with what it is worth', async () => {
    await start();
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.text).toContain('were read back and fit');
    expect(ran.data).toMatchObject({ status: 'done' });
    const listed = await shop.call('backups_list', {});
    expect(listed.data).toMatchObject({
      sets: [
        {
          set: 'shop-db',
          state: 'good',
          copies: 2,
          incomplete: 0,
          objectiveSeconds: 21_600,
          threeTwoOne: { holds: true, copies: 3, media: ['disk', 'tape'], offSite: ['vault'] },
        },
      ],
    });
    expect(listed.text.split('No copy of shop-db was ever restored and proven.')).toHaveLength(2);
  });

  test('the approver sees what runs where and how it goes, and the asker cannot run it by itself where policy asks', async () => {
    await start('{low: ask, medium: ask, high: ask}');
    const asked = await shop.call('backups_run', { set: 'shop-db' });
    expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'low' });
    expect(asked.text).toMatch(/pg_dump[\s\S]*where: this machine/);
    expect(readdirSync(join(dir, 'disk'))).toEqual([]);
    const done = await shop.approve(idOf(asked));
    expect(done.data).toMatchObject({ status: 'done' });
  });

  test('a run is undone by taking its own copy away', async () => {
    await start();
    const first = await shop.call('backups_run', { set: 'shop-db' });
    const second = await shop.call('backups_run', { set: 'shop-db' });
    const undone = await shop.call('changes_undo', { id: idOf(second) });
    expect(undone.data).toMatchObject({ status: 'done' });
    const left = readdirSync(join(dir, 'disk', 'shop-db'));
    expect(left).toHaveLength(1);
    expect(first.text).toContain(left[0]);
  });

  test('pruning shows exactly what goes and what stays, and takes exactly that', async () => {
    await start(
      '{low: allow, medium: allow, high: ask, budget: {automaticPerHour: 1000, perObjectPerDay: 1000}}',
    );
    const copies: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      await shop.call('backups_run', { set: 'shop-db' });
      copies.push(...readdirSync(join(dir, 'disk', 'shop-db')).filter(copy => !copies.includes(copy)));
      // Ids tell whole seconds.
      await pause(1_050);
    }
    const asked = await shop.call('backups_prune', { set: 'shop-db' });
    expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'high' });
    expect(asked.text).toContain(`Copy/${copies[0]} (at disk:`);
    expect(asked.text).not.toContain(`Copy/${copies[1]}`);
    expect(asked.text).toContain(`Stay at vault: ${copies[2]} (last 2, the newest); ${copies[1]} (last 2)`);
    const done = await shop.approve(idOf(asked));
    expect(done.data).toMatchObject({ status: 'done' });
    for (const at of ['disk', 'vault'])
      expect(readdirSync(join(dir, at, 'shop-db')).sort()).toEqual(copies.slice(1).sort());
    expect((await shop.call('backups_prune', { set: 'shop-db' })).data).toMatchObject({
      status: 'nothing_to_do',
    });
  });

  test('the password is in no command line while it runs, no answer, no record and no file of a copy', async () => {
    await start();
    const seen = new Set<string>();
    const timer = setInterval(() => {
      for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
        try {
          seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
        } catch {
          // It has ended meanwhile.
        }
    }, 5);
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    clearInterval(timer);
    expect([...seen].some(line => line.startsWith('pg_dump\0') || line.includes('/pg_dump\0'))).toBe(true);
    expect([...seen].filter(line => line.includes(server.password))).toEqual([]);
    expect(JSON.stringify(ran)).not.toContain(server.password);
    await shop.vigie.close();
    const found = execFileSync(
      'sh',
      ['-c', `grep -rlF '${server.password}' '${shop.dir}' '${dir}' || true`],
      { encoding: 'utf8' },
    );
    expect(found.trim()).toBe(join(dir, 'password'));
  });

  test('a destination that is not there is told before anything runs', async () => {
    await start();
    rmSync(join(dir, 'vault'), { recursive: true });
    const refused = await shop.call('backups_run', { set: 'shop-db' });
    expect(refused.data).toMatchObject({ code: 'DESTINATION' });
    expect(readdirSync(join(dir, 'disk'))).toEqual([]);
    const asked = await shop.call('backups_list', {});
    expect(asked.data).toMatchObject({
      sets: [{ state: 'not known' }],
      notRead: [expect.stringContaining('vault')],
    });
  });

  test('two at once: the second is refused and told who is at it', async () => {
    await start();
    const results = await Promise.all([
      shop.call('backups_run', { set: 'shop-db' }),
      shop.call('backups_run', { set: 'shop-db' }),
    ]);
    expect(results.map(({ data }) => plainText(data['status'] ?? data['code'])).sort()).toEqual([
      'done',
      'failed',
    ]);
    expect(JSON.stringify(results)).toContain('Another backup of shop-db has held its lock');
    expect(readdirSync(join(dir, 'disk', 'shop-db'))).toHaveLength(1);
  });

  test.each(['Dumping shop', 'Counting public.orders', 'Carrying database.dump'])(
    'killed at "%s", it leaves nothing that counts as a copy at the place it was writing to, and is told as interrupted',
    async stage => {
      await start();
      const child = fork(
        join(import.meta.dirname, 'processes', 'run-and-be-killed.ts'),
        [shop.configFile, 'shop-db'],
        {
          env: shop.env,
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        },
      );
      await new Promise<void>(resolve => {
        child.on('message', message => {
          if (typeof message === 'string' && message.startsWith(stage)) {
            child.kill('SIGKILL');
            resolve();
          }
        });
      });
      if (child.signalCode === null) await once(child, 'exit');
      const carried = stage.startsWith('Carrying');
      const listed = await shop.call('backups_list', {});
      expect(listed.data).toMatchObject({ sets: [{ copies: carried ? 1 : 0 }] });
      // Its lock is found, told as held, and taken over only when it is stale.
      const again = await shop.call('backups_run', { set: 'shop-db' });
      expect(again.data).toMatchObject({ code: 'CONFLICT' });
      for (const at of ['disk', 'vault']) staleLock(join(dir, at, 'shop-db', 'lock.json'));
      const taken = await shop.call('backups_run', { set: 'shop-db' });
      expect(taken.data).toMatchObject({ status: 'done' });
    },
  );

  test('a set that does not exist is told with the nearest that does', async () => {
    await start();
    expect((await shop.call('backups_run', { set: 'shop-dc' })).data).toMatchObject({
      code: 'NOT_FOUND',
      details: { nearest: ['shop-db'] },
    });
  });
});
