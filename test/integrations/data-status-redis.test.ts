import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CallResult } from '../../src/core/result.ts';
import type { TestVigie } from '../support/start-vigie.ts';
import { closedPort } from '../support/wire.ts';
import { linesOf, startDataShop } from './support/data-shop.ts';
import { hasRedis, type RealRedis, startRedis, unlessNoRedis } from './support/redis.ts';
import { freePort } from './support/start-program.ts';

describe.skipIf(!hasRedis())(`data_status on a real Redis${unlessNoRedis()}`, () => {
  let server: RealRedis;
  let dir: string;
  let shop: TestVigie | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'vigie-redis-'));
  });
  afterEach(async () => {
    await shop?.stop();
    shop = undefined;
    rmSync(dir, { recursive: true, force: true });
  });

  function at(more = '', password = server.password): string {
    const file = join(dir, `password-${password.length}`);
    writeFileSync(file, password, { mode: 0o600 });
    return `{engine: redis, socket: ${server.socket}, password: "file:${file}"${more}}`;
  }
  async function status(services: Readonly<Record<string, string>>): Promise<CallResult> {
    shop = await startDataShop(services);
    return shop.call('data_status', {});
  }

  test('one that is well is ok, and says what it cannot be judged by', async () => {
    const result = await status({ cache: at() });
    expect(result.data).toMatchObject({ states: { cache: 'ok' }, bad: false });
    expect(result.text).toMatch(
      new RegExp(`^cache: ok \\((Redis|Valkey) [\\d.]+; ${server.socket}, from this machine\\)$`, 'm'),
    );
    const lines = linesOf(result, 'cache');
    expect(lines).toMatchObject({
      evictions: 'ok: 0 keys since it started',
      'rejected connections': 'ok: 0 since it started',
      'append-only file': 'note: is off',
      replication: 'note: no replica is connected',
    });
    expect(lines['memory']).toMatch(/^note: .* used, and no limit \(maxmemory is 0\)$/);
    expect(lines['snapshot (RDB)']).toMatch(/^ok: the last went well, \d+ changes since$/);
  });

  test('memory near its limit is bad where nothing is dropped, and fine where all keys are a cache', async () => {
    const used = Number(/used_memory:(\d+)/.exec(server.ask('INFO', 'memory'))?.[1]);
    server.ask('CONFIG', 'SET', 'maxmemory', String(Math.round(used * 1.08)));
    try {
      const full = await status({ cache: at() });
      expect(linesOf(full, 'cache')['memory']).toMatch(
        /^(warning|critical): .* noeviction; \w+ above \d+ %$/,
      );
      expect(full.data).toMatchObject({ bad: true });
      server.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
      const cache = await shop?.call('data_status', {});
      expect(cache?.text).toMatch(/^ {2}ok {2}memory .* allkeys-lru$/m);
      expect(cache?.data).toMatchObject({ states: { cache: 'ok' }, bad: false });
    } finally {
      server.ask('CONFIG', 'SET', 'maxmemory', '0');
      server.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    }
  });

  test('what a replica calls its address adds no line to what the server says', async () => {
    const replica = connect(server.socket);
    await once(replica, 'connect');
    replica.resume();
    const send = (...words: string[]) =>
      replica.write(
        `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
      );
    send('AUTH', server.password);
    send('REPLCONF', 'ip-address', '1\r\nmaxmemory:0\r\nevicted_keys:77\r\n');
    send('REPLCONF', 'listening-port', '6380');
    send('SYNC');
    server.ask('CONFIG', 'SET', 'maxmemory', '1gb');
    try {
      await expect.poll(() => server.ask('INFO')).toMatch(/^evicted_keys:77\r?$/m);
      const lines = linesOf(await status({ cache: at() }), 'cache');
      expect(lines['memory']).toMatch(/^ok: .* of 1\.\d+ GB used/);
      expect(lines['evictions']).toBe('ok: 0 keys since it started');
    } finally {
      server.ask('CONFIG', 'SET', 'maxmemory', '0');
      replica.destroy();
    }
    await expect.poll(() => server.ask('INFO', 'replication')).toMatch(/^connected_slaves:0\r?$/m);
  });

  test('a snapshot that cannot be written is critical', async () => {
    // Not even root writes a file where a folder is.
    const dump = join(dirname(server.socket), 'dump.rdb');
    rmSync(dump, { force: true });
    mkdirSync(join(dump, 'full'), { recursive: true });
    server.ask('BGSAVE');
    try {
      await expect.poll(() => server.ask('INFO', 'persistence')).toMatch(/rdb_last_bgsave_status:err/);
      const result = await status({ cache: at() });
      expect(result.data).toMatchObject({ states: { cache: 'critical' }, bad: true });
      expect(linesOf(result, 'cache')['snapshot (RDB)']).toMatch(/^critical: the last ended with err/);
    } finally {
      rmSync(dump, { recursive: true });
      server.ask('SAVE');
    }
  });

  test('a replica whose primary is gone is critical, and one that follows is told by both', async () => {
    const ports = { primary: await freePort(), replica: await freePort() };
    const start = (port: number, ...more: string[]) =>
      spawn(
        'redis-server',
        [
          '--port',
          String(port),
          '--bind',
          '127.0.0.1',
          '--dir',
          dir,
          '--save',
          '',
          '--repl-diskless-sync-delay',
          '0',
          ...more,
        ],
        { stdio: 'ignore' },
      );
    const primary = start(ports.primary);
    const replica = start(
      ports.replica,
      '--replicaof',
      '127.0.0.1',
      String(ports.primary),
      '--dbfilename',
      'other.rdb',
    );
    const info = (port: number): string => {
      try {
        return execFileSync('redis-cli', ['-p', String(port), 'INFO', 'replication'], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
      } catch {
        return '';
      }
    };
    const services = {
      primary: `{engine: redis, host: 127.0.0.1, port: ${ports.primary}}`,
      replica: `{engine: redis, port: ${ports.replica}}`,
    };
    try {
      await expect.poll(() => info(ports.primary)).toMatch(/slave0:.*state=online/);
      await expect.poll(() => info(ports.replica)).toContain('master_link_status:up');
      const well = await status(services);
      expect(linesOf(well, 'primary')['replication']).toMatch(/^ok: 127\.0\.0\.1:\d+ is online/);
      expect(linesOf(well, 'replica')['replication']).toMatch(/^ok: the link to 127\.0\.0\.1:\d+ is up/);
      const gone = once(primary, 'exit');
      primary.kill('SIGKILL');
      await gone;
      await expect.poll(() => info(ports.replica)).toContain('master_link_status:down');
      const result = await shop?.call('data_status', {});
      if (result === undefined) throw new Error('no answer');
      expect(linesOf(result, 'replica')['replication']).toMatch(
        /^critical: the link to 127\.0\.0\.1:\d+ is down/,
      );
      expect(linesOf(result, 'primary')['service']).toMatch(/^critical: .*Connection refused/);
      expect(result.data).toMatchObject({
        states: { replica: 'critical', primary: 'critical' },
        bad: true,
      });
    } finally {
      for (const child of [primary, replica]) {
        const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
        child.kill('SIGKILL');
        await gone;
      }
    }
  });

  test('a wrong password, no password and no server each say why, and no password shows', async () => {
    const result = await status({
      wrong: at('', 'Not-This-Password-at-all'),
      none: `{engine: redis, socket: ${server.socket}}`,
      down: `{engine: redis, port: ${await closedPort()}}`,
    });
    const why = (name: string): string => linesOf(result, name)['service'] ?? '';
    expect(why('wrong')).toBe('critical: The server does not accept the password it was given.');
    expect(why('none')).toMatch(/^critical: The server refuses INFO: NOAUTH/);
    expect(why('down')).toContain('Connection refused');
    expect(result.data).toMatchObject({ bad: true, next: 'vigie doctor -e test' });
    expect(JSON.stringify(result)).not.toContain('Not-This-Password');
  });

  test('clients that were turned away are warned of', async () => {
    const held = spawn('redis-cli', ['-s', server.socket, 'BLPOP', 'nothing', '0'], {
      env: { ...process.env, REDISCLI_AUTH: server.password },
      stdio: 'ignore',
    });
    try {
      await expect.poll(() => server.ask('INFO', 'clients')).toMatch(/blocked_clients:1\r?$/m);
      const waiting = await status({ cache: at() });
      expect(linesOf(waiting, 'cache')['blocked clients']).toMatch(/^ok: 1 wait for a key/);
      server.ask('CONFIG', 'SET', 'maxclients', '1');
      expect(() => server.ask('PING')).toThrow();
    } finally {
      held.kill('SIGKILL');
    }
    await expect.poll(() => server.ask('CONFIG', 'SET', 'maxclients', '1000')).toBe('OK');
    const result = await shop?.call('data_status', {});
    if (result === undefined) throw new Error('no answer');
    expect(linesOf(result, 'cache')['rejected connections']).toMatch(/^warning: \d+ since it started$/);
    expect(result.data).toMatchObject({ states: { cache: 'warning' } });
  });
});
