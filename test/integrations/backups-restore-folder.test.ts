import {
  chmodSync,
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
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { allowAgainAndAgain, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, startPostgres, unlessNoPostgres } from './support/postgres.ts';
import { hasRedis, startRedis, unlessNoRedis } from './support/redis.ts';

let dir: string;
let shop: TestVigie;

async function start(set: string): Promise<void> {
  shop = await startVigie({
    policy: `${allowAgainAndAgain}
    secrets: {word: "file:${join(dir, 'password')}"}
    backups:
      signing: file:${join(dir, 'signing.key')}
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        data: {${set}, password: word, to: [disk]}`,
  });
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fr-'));
  // PostgreSQL is not run as root, and must get to its folder.
  chmodSync(dir, 0o711);
  mkdirSync(join(dir, 'disk'));
  writeFileSync(join(dir, 'signing.key'), Buffer.alloc(32, 5).toString('base64'), { mode: 0o600 });
});
afterEach(async () => {
  await shop.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(!hasRedis())(`a real Redis${unlessNoRedis()}`, () => {
  test('a copy goes into a new folder, and an undo takes it away while nobody has written there', async () => {
    const server = await startRedis();
    try {
      server.ask('SET', 'key', 'value');
      writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
      await start(`engine: redis, socket: ${server.socket}`);
      expect((await shop.call('backups_run', { set: 'data' })).data).toMatchObject({ status: 'done' });
      const into = join(dir, 'again');
      const restored = await shop.call('backups_restore', { set: 'data', into });
      expect(restored.data).toMatchObject({ status: 'done' });
      expect(readdirSync(into)).toContain('dump.rdb');
      // Nothing of it goes on.
      expect(existsSync(join(into, 's'))).toBe(false);

      // pg_ctl and its like hand the folder on to a shell.
      for (const odd of ['r$(touch${IFS}pwn)', 'r`id`', 'a b', '../up', "r'"])
        expect(
          (await shop.call('backups_restore', { set: 'data', into: `${dir}/${odd}` })).data,
        ).toMatchObject({
          code: 'INVALID_INPUT',
        });

      const over = await shop.call('backups_restore', { set: 'data', into, overwrite: true });
      expect(over.data).toMatchObject({ code: 'INVALID_INPUT' });
      writeFileSync(join(into, 'mine'), 'x');
      expect((await shop.call('changes_undo', { id: idOf(restored) })).data).toMatchObject({
        code: 'CONFLICT',
      });
      rmSync(join(into, 'mine'));
      expect(existsSync(into)).toBe(true);
    } finally {
      await server.close();
    }
  });

  test('an undo needs neither the copy nor that nothing else of vigie.yaml was edited', async () => {
    const server = await startRedis();
    try {
      writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
      await start(`engine: redis, socket: ${server.socket}`);
      expect((await shop.call('backups_run', { set: 'data' })).data).toMatchObject({ status: 'done' });
      const into = join(dir, 'again');
      const restored = await shop.call('backups_restore', { set: 'data', into });
      expect(restored.data).toMatchObject({ status: 'done' });
      rmSync(join(dir, 'disk'), { recursive: true });
      mkdirSync(join(dir, 'disk'));

      const other = `        other: {engine: redis, password: word, to: [disk], objective: {age: 27h}}\n`;
      const accepted = readFileSync(shop.configFile, 'utf8');
      writeFileSync(shop.configFile, `${accepted.trimEnd()}\n${other}`, { mode: 0o600 });
      const edited = await shop.reopen();
      try {
        const undone = await runTool(edited, {
          tool: 'changes_undo',
          input: { id: idOf(restored) },
          actor: { kind: 'agent', name: 'test', via: 'mcp-stdio', onBehalfOf: 'tester' },
          signal: new AbortController().signal,
          budgetBytes: 40_000,
        });
        // Nobody has accepted the edit yet; the change is no less one that can be taken back.
        expect(undone.data).toMatchObject({ status: 'approval_required' });
      } finally {
        await edited.close();
      }
      writeFileSync(shop.configFile, accepted, { mode: 0o600 });
      const undone = await shop.call('changes_undo', { id: idOf(restored) });
      expect(undone.data).toMatchObject({ status: 'done' });
      expect(existsSync(into)).toBe(false);
    } finally {
      await server.close();
    }
  });
});

describe.skipIf(postgresPrograms() === undefined)(`a real PostgreSQL${unlessNoPostgres()}`, () => {
  test('a whole server goes into a new folder as it was at a moment', async () => {
    const server = await startPostgres({ settings: ['wal_level=replica', 'max_wal_senders=4'] });
    try {
      server.sql('CREATE TABLE orders AS SELECT n FROM generate_series(1, 100) AS n');
      writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
      await start(
        `engine: postgres-physical, database: postgres, host: 127.0.0.1, port: ${server.port}, user: postgres, slot: vigie`,
      );
      expect((await shop.call('backups_run', { set: 'data' })).data).toMatchObject({ status: 'done' });
      const pointInTime = new Date(server.sql('SELECT clock_timestamp()')).toISOString();
      server.sql('DELETE FROM orders');
      expect((await shop.call('backups_run', { set: 'data' })).data).toMatchObject({ status: 'done' });

      const early = await shop.call('backups_restore', {
        set: 'data',
        into: join(dir, 'x'),
        pointInTime: '2026-01-01T00:00:00Z',
      });
      expect(early.data).toMatchObject({ code: 'INVALID_INPUT' });
      expect(early.text).toMatch(/reach from 20\S+Z to 20\S+Z; 2026-01-01T00:00:00.000Z is outside/);

      const into = join(dir, 'again');
      const both = await shop.call('backups_restore', { set: 'data', into, pointInTime, copy: 'any' });
      expect(both.data).toMatchObject({ code: 'INVALID_INPUT' });
      const restored = await shop.call('backups_restore', { set: 'data', into, pointInTime });
      // It was recovered to a moment of which no manifest says what there was.
      expect(restored.data).toMatchObject({ status: 'unverified' });
      expect(restored.text).toMatch(/compared with nothing/);
      // It was stopped in good order, and its own settings are kept aside for whoever starts it.
      expect(readdirSync(join(into, 'data'))).toContain('postgresql.auto.conf.source');
      expect(existsSync(join(into, 'data', 'postmaster.pid'))).toBe(false);
      const undone = await shop.call('changes_undo', { id: idOf(restored) });
      expect(undone.data).toMatchObject({ status: 'done' });
      expect(existsSync(into)).toBe(false);
    } finally {
      server.close();
    }
  });

  test('a moment between two copies of the whole server is reached over the older one', async () => {
    const server = await startPostgres({ settings: ['wal_level=replica', 'max_wal_senders=4'] });
    try {
      server.sql('CREATE TABLE orders AS SELECT n FROM generate_series(1, 100) AS n');
      writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
      const set = `engine: postgres-physical, database: postgres, host: 127.0.0.1, port: ${server.port}, user: postgres, slot: vigie`;
      const copies = () => readdirSync(join(dir, 'disk', 'data')).sort();
      const backUp = async () =>
        expect((await shop.call('backups_run', { set: 'data' })).data).toMatchObject({ status: 'done' });
      await start(set);
      await backUp();
      await backUp();
      const older = copies();
      const pointInTime = new Date(server.sql('SELECT clock_timestamp()')).toISOString();
      server.sql('DELETE FROM orders');
      await shop.stop();
      // As if a day had passed: the next copy is of the whole server, and WAL goes on after it.
      await start(`${set}, baseEveryHours: 0`);
      await backUp();
      await shop.stop();
      await start(set);
      await backUp();
      const whole = copies().filter(copy => existsSync(join(dir, 'disk', 'data', copy, 'base.tar.gz')));
      expect(whole).toEqual([older[0], copies()[2]]);
      const into = join(dir, 'again');
      const restored = await shop.call('backups_restore', { set: 'data', into, pointInTime });
      expect(restored.data).toMatchObject({ status: 'unverified' });
      expect(restored.text).toContain(`Copy ${copies()[3]} of data was restored`);
      expect(existsSync(join(into, 'data', 'PG_VERSION'))).toBe(true);
      // Without the older copies no moment there is reached.
      rmSync(join(dir, 'disk', 'data', older[1] ?? ''), { recursive: true });
      const gone = await shop.call('backups_restore', { set: 'data', into: join(dir, 'other'), pointInTime });
      expect(gone.data).toMatchObject({ code: 'INVALID_INPUT' });
    } finally {
      server.close();
    }
  });
});
