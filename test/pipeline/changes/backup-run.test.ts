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
import { generateIdentity, identityToRecipient } from 'age-encryption';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryReader } from '../../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../../src/clients/directory/writer.ts';
import type { BackupDestination, BackupSet } from '../../../src/core/backup-set.ts';
import type { BackupRun } from '../../../src/core/change.ts';
import { newCopyId } from '../../../src/core/copy.ts';
import { sha256Hex } from '../../../src/core/digest.ts';
import { backupRun } from '../../../src/pipeline/changes/backup-run.ts';
import { localRunner } from '../../../src/processes/local-runner.ts';
import type { ChangingBackups } from '../../../src/toolkit/backup-system.ts';
import { oursAt, signedAt } from '../../support/signed.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'run-'));
  for (const folder of ['first', 'second']) mkdirSync(join(dir, folder));
  const live = new Database(join(dir, 'live.db'));
  live.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1)');
  live.close();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Junk under a manifest that fits it, and that nobody signed. */
function poison(copy: string): void {
  const folder = join(dir, 'first', 'data', copy);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const bytes = Number(manifest.parts[0].bytes);
  const junk = Buffer.alloc(bytes, 65);
  delete manifest.mac;
  manifest.parts[0].sha256 = sha256Hex(junk.toString());
  writeFileSync(join(folder, 'database.sqlite'), junk);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 1));
}

/** Runs a backup to both; the copy at the first is swapped when that is looked at again so many times. */
async function run({ swappedAt, sealed }: { swappedAt: number; sealed: boolean }) {
  const copy = newCopyId(new Date());
  const recipients = sealed ? [await identityToRecipient(await generateIdentity())] : [];
  const destination = (name: string, to: readonly string[]): BackupDestination => ({
    name,
    at: { kind: 'directory', root: join(dir, name) },
    media: 'disk',
    offSite: false,
    recipients: to,
  });
  const set: BackupSet = {
    name: 'data',
    engine: 'sqlite',
    settings: { path: join(dir, 'live.db') },
    secrets: {},
    run: { in: 'local' },
    to: ['first', 'second'],
    drillSeconds: 1,
    timeoutSeconds: 60,
  };
  let looks = 0;
  const system: ChangingBackups = {
    sets: new Map([['data', set]]),
    destinations: new Map([
      ['first', destination('first', [])],
      ['second', destination('second', recipients)],
    ]),
    reader: async name => {
      const isThere = existsSync(join(dir, 'first', 'data', copy, 'manifest.json'));
      if (name === 'first' && isThere) {
        looks += 1;
        if (looks === swappedAt) poison(copy);
      }
      const demands = name === 'second' && sealed ? 'age' : 'none';
      return oursAt(new DirectoryReader({ name, root: join(dir, name), demands }));
    },
    writer: async name => signedAt(new DirectoryWriter({ name, root: join(dir, name) })),
    runner: async () => localRunner,
    objects: () => {
      throw new Error('no operator');
    },
    secretsOf: async () => ({}),
    identityOf: async () => undefined,
    markOf: async () => undefined,
    realPath: async () => undefined,
  };
  const change: BackupRun = { kind: 'backup-run', target: { kind: 'BackupSet', name: 'data' }, copy };
  const reach: unknown = { backups: async () => system };
  return backupRun.apply(
    change,
    reach as Parameters<typeof backupRun.apply>[1],
    {
      beforeWrite: async () => undefined,
    } as unknown as Parameters<typeof backupRun.apply>[2],
  );
}

const atSecond = (): string[] =>
  existsSync(join(dir, 'second', 'data')) ? readdirSync(join(dir, 'second', 'data')) : [];

test.each([true, false])(
  'what somebody put in place of a copy right before it is carried is carried nowhere (encrypted there: %s)',
  async sealed => {
    const { outcome } = await run({ swappedAt: 2, sealed });
    expect(outcome).toMatchObject({ state: 'unverified' });
    expect(outcome?.evidence.join()).toContain('did not get to second');
    expect(atSecond()).toEqual([]);
  },
);

test('what somebody put in place of a copy right after it was sealed is not read back as what was written', async () => {
  await expect(run({ swappedAt: 1, sealed: true })).rejects.toMatchObject({ code: 'COPY_DAMAGED' });
  expect(atSecond()).toEqual([]);
});

test('a copy that nobody touched gets to both and fits', async () => {
  const { outcome } = await run({ swappedAt: 0, sealed: true });
  expect(outcome).toMatchObject({ state: 'verified' });
});
