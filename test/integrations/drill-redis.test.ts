import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDrill } from '../../src/backups/drill.ts';
import { type RedisSettings, redis } from '../../src/backups/engines/redis.ts';
import { makeCopy } from '../../src/backups/make-copy.ts';
import { openCopy } from '../../src/backups/open-copy.ts';
import { watchCopy } from '../../src/backups/watched-copy.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../src/clients/directory/writer.ts';
import { type Manifest, newCopyId } from '../../src/core/copy.ts';
import { localRunner } from '../../src/processes/local-runner.ts';
import { hasRedis, type RealRedis, startRedis, unlessNoRedis } from './support/redis.ts';

const signal = new AbortController().signal;
const set = 'sessions';
const base = { signal, deadlineMs: 60_000, runner: localRunner, progress: () => undefined };
let server: RealRedis;
let root: string;
let scratch: string;

async function backUp(more: { settings?: RedisSettings; password?: string; progress?: () => void } = {}) {
  return makeCopy({
    ...base,
    engine: redis,
    settings: { socket: server.socket, ...more.settings },
    secrets: { password: more.password ?? server.password },
    writer: new DirectoryWriter({ name: 'disk', root }),
    name: { set, copy: newCopyId(new Date()) },
    encrypt: { how: 'none' },
    beforeWrite: async () => undefined,
    now: () => new Date(),
    progress: () => more.progress?.(),
  });
}

async function drill(manifest: Manifest) {
  const reader = new DirectoryReader({ name: 'disk', root });
  const copy = await openCopy(reader, { set, copy: manifest.copy, unseal: undefined });
  const settings = { socket: server.socket };
  return runDrill({
    ...base,
    engine: redis,
    settings,
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

describe.skipIf(!hasRedis())(`a real Redis${unlessNoRedis()}`, () => {
  beforeAll(async () => {
    server = await startRedis();
    root = mkdtempSync(join(tmpdir(), 'copies-'));
    scratch = mkdtempSync(join(tmpdir(), 'sc-'));
    server.ask('EVAL', "for i=1,20000 do redis.call('SET','k'..i,'v'..i) end return 1", '0');
    server.ask('-n', '3', 'SET', 'other', 'x');
  });
  afterAll(async () => {
    await server.close();
    for (const folder of [root, scratch]) rmSync(folder, { recursive: true, force: true });
  });

  test('a copy restores elsewhere with the marker that was written before it', async () => {
    const manifest = await backUp();
    expect(manifest.contents).toMatchObject({ how: 'marker', marker: manifest.copy });
    const report = await drill(manifest);
    expect(failing(report)).toEqual([]);
    expect(report.checks.find(({ what }) => what.startsWith('the marker'))?.found).toBe(manifest.copy);
    expect(report.checks.find(({ what }) => what.startsWith('nothing that held'))?.found).toBe(
      'db0 20001, db3 1',
    );
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('a dump of another time than the manifest says is found out by the marker', async () => {
    const older = await backUp();
    const newer = await backUp();
    const dump = readFileSync(join(root, set, older.copy, 'dump.rdb'));
    const folder = join(root, set, newer.copy);
    // As if somebody had put the old file in the place of the new one and made the sums fit.
    writeFileSync(join(folder, 'dump.rdb'), dump);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...newer, parts: older.parts }));
    expect(failing(await drill(newer))).toMatchObject([{ expected: newer.copy, found: older.copy }]);
  });

  test('eight flipped bytes fail it, and the part is named', async () => {
    const manifest = await backUp();
    const path = join(root, set, manifest.copy, 'dump.rdb');
    const bytes = readFileSync(path);
    bytes.fill(0xff, 1000, 1008);
    writeFileSync(path, bytes);
    expect(failing(await drill(manifest))).toMatchObject([{ what: 'part dump.rdb' }]);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('without a marker it is said that nothing proves how new the copy is', async () => {
    server.ask('DEL', `vigie:marker:${set}`);
    const manifest = await backUp({ settings: { marker: false } });
    expect(server.ask('EXISTS', `vigie:marker:${set}`)).toBe('0');
    const report = await drill(manifest);
    expect(report.passed).toBe(true);
    expect(report.checks.map(({ what }) => what)).toContain(
      'no marker was written to the source: how new the copy is, nothing proves',
    );
  });

  test('a user without the right to write its marker is told what is missing, and leaves no copy', async () => {
    server.ask(
      'ACL',
      'SETUSER',
      'reader',
      'on',
      '>Reader-Pw-91',
      '+psync',
      '+sync',
      '+replconf',
      '+ping',
      '+info',
      '+time',
    );
    const refused = backUp({ settings: { user: 'reader' }, password: 'Reader-Pw-91' });
    await expect(refused).rejects.toMatchObject({
      code: 'BACKUP',
      message: expect.stringContaining('NOPERM'),
    });
    const manifest = await backUp({ settings: { user: 'reader', marker: false }, password: 'Reader-Pw-91' });
    expect((await drill(manifest)).passed).toBe(true);
  });

  test('the password is in no argument of any process while it is backed up, and in no error or manifest', async () => {
    const seen: string[] = [];
    const watch = setInterval(() => seen.push(wordsOfAll()), 5);
    const manifest = await backUp();
    clearInterval(watch);
    expect(seen.join('\n')).toContain('redis-cli');
    const own = seen.join('\n').replaceAll(`--requirepass\0${server.password}`, '');
    expect(own).not.toContain(server.password);
    expect(JSON.stringify(manifest)).not.toContain(server.password);
    const wrong = await backUp({ password: 'Wrong-Pw-77' }).catch((error: unknown) => String(error));
    expect(wrong).toMatch(/WRONGPASS|NOAUTH/);
    expect(wrong).not.toContain('Wrong-Pw-77');
  });
});
