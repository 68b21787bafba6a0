import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDrill } from '../../src/backups/drill.ts';
import { postgresDump } from '../../src/backups/engines/postgres-dump.ts';
import { makeCopy } from '../../src/backups/make-copy.ts';
import { openCopy } from '../../src/backups/open-copy.ts';
import { watchCopy } from '../../src/backups/watched-copy.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../src/clients/directory/writer.ts';
import { type Manifest, newCopyId } from '../../src/core/copy.ts';
import { localRunner } from '../../src/processes/local-runner.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

const signal = new AbortController().signal;
const set = 'shop-db';
const base = { signal, deadlineMs: 60_000, runner: localRunner, progress: () => undefined };
let server: RealPostgres;
let root: string;
let scratch: string;
let manifest: Manifest;

async function drill() {
  const reader = new DirectoryReader({ name: 'disk', root });
  return runDrill({
    ...base,
    engine: postgresDump,
    settings: { database: 'shop' },
    copy: watchCopy(await openCopy(reader, { set, copy: manifest.copy, unseal: undefined })),
    base: scratch,
    now: () => new Date(),
  });
}

/** The drill over a copy one of whose files reads otherwise meanwhile. */
async function withFile(name: string, content: Buffer, run: () => Promise<void>): Promise<void> {
  const path = join(root, set, manifest.copy, name);
  const kept = readFileSync(path);
  writeFileSync(path, content);
  try {
    await run();
  } finally {
    writeFileSync(path, kept);
  }
}

function stored(name: string): Buffer {
  return readFileSync(join(root, set, manifest.copy, name));
}

describe.skipIf(postgresPrograms() === undefined)(`a drill of a real PostgreSQL${unlessNoPostgres()}`, () => {
  beforeAll(async () => {
    server = await startPostgres();
    root = mkdtempSync(join(tmpdir(), 'copies-'));
    scratch = mkdtempSync(join(tmpdir(), 'sc-'));
    // The server is not run as root.
    chmodSync(scratch, 0o711);
    server.sql('CREATE DATABASE shop');
    server.sql(
      `CREATE TABLE orders (id int PRIMARY KEY, total numeric);
       INSERT INTO orders SELECT n, n * 1.5 FROM generate_series(1, 20000) AS n;
       CREATE TABLE people (name text); INSERT INTO people VALUES ('a'), ('b');`,
      'shop',
    );
    manifest = await makeCopy({
      ...base,
      engine: postgresDump,
      settings: { database: 'shop', host: server.host, port: server.port, user: server.user },
      secrets: { password: server.password },
      writer: new DirectoryWriter({ name: 'disk', root }),
      name: { set, copy: newCopyId(new Date()) },
      encrypt: { how: 'none' },
      beforeWrite: async () => undefined,
      now: () => new Date(),
    });
  });
  afterAll(() => {
    server.close();
    for (const folder of [root, scratch]) rmSync(folder, { recursive: true, force: true });
  });

  test('passes on a good copy, says what it proved and leaves nothing behind', async () => {
    const report = await drill();
    expect(report).toMatchObject({ passed: true, set, copy: manifest.copy });
    expect(report.checks).toContainEqual({
      what: "contents by count and hash, against the dump's own snapshot",
      passed: true,
      expected: '2 items with 20002 entries',
      found: '2 items fit',
    });
    expect(report.tookMs).toBeGreaterThan(0);
    expect(report.dataUntil).toBe(manifest.contents.at);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('fails on eight flipped bytes, names the part and leaves nothing behind', async () => {
    const bytes = stored('database.dump');
    for (let at = 0; at < 8; at += 1) {
      const place = Math.floor(bytes.length / 2) + at;
      bytes[place] = (bytes[place] ?? 0) ^ 0xff;
    }
    await withFile('database.dump', bytes, async () => {
      const report = await drill();
      expect(report.passed).toBe(false);
      expect(report.checks[0]).toMatchObject({
        what: 'part database.dump',
        passed: false,
        found: expect.stringMatching(/^Part database\.dump of copy .* is not what was stored: /),
      });
    });
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('a copy that broke off is not even begun with, however well its beginning restores', async () => {
    await withFile('database.dump', stored('database.dump').subarray(0, -100), async () => {
      await expect(drill()).rejects.toMatchObject({
        code: 'COPY_DAMAGED',
        message: expect.stringContaining('its part database.dump has '),
      });
    });
  });

  test('fails where rows are not those that were counted, and names the table', async () => {
    const lying = stored('manifest.json').toString('utf8').replace('"count": 20000', '"count": 20001');
    await withFile('manifest.json', Buffer.from(lying), async () => {
      const report = await drill();
      expect(report.passed).toBe(false);
      expect(report.checks.filter(({ passed }) => !passed)).toMatchObject([
        {
          what: 'public.orders',
          expected: expect.stringMatching(/^20001 /),
          found: expect.stringMatching(/^20000 /),
        },
        { what: "contents by count and hash, against the dump's own snapshot" },
      ]);
    });
  });
});
