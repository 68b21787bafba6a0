import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { openTemporary, temporaryFolder } from './open-temporary.ts';
import { roomFor, samplePlan } from './sample-plan.ts';
import { sampleKeys } from './sample-store.ts';

const run = promisify(execFile);
const now = () => new Date('2026-11-21T10:00:00Z');
const record = { summary: 's', diff: 'd', undo: 'possible' };

function program(name: string): string {
  return join(import.meta.dirname, 'processes', `${name}.ts`);
}

async function filesOf(folder: string): Promise<Buffer> {
  const names = await readdir(folder);
  return Buffer.concat(await Promise.all(names.map(name => readFile(join(folder, name)))));
}

describe('on disk', () => {
  const planted = 'hunter2-planted-value-of-a-secret';
  const disguises = [
    planted,
    Buffer.from(planted).toString('hex'),
    ...[0, 1, 2].map(shift =>
      Buffer.concat([Buffer.alloc(shift), Buffer.from(planted)])
        .toString('base64')
        .slice(4, -4),
    ),
  ];

  test('no byte of a plan or of a way back can be read without the key', async () => {
    const { store, file } = await openTemporary();
    const plan = samplePlan({ secret: planted });
    const { id } = plan;
    const owner = 'p1';
    await store.changes.propose({
      plan,
      record,
      state: 'executing',
      within: roomFor(plan),
      owner,
      leaseMs: 30_000,
      audit: { event: 'ticketed', facts: {} },
    });
    await store.changes.stepStarted({ id, epoch: 1, index: 0, wayBack: plan.changes });
    await store.changes.stepApplied({
      id,
      epoch: 1,
      index: 0,
      applied: { uid: 'u', resourceVersion: '1' },
      wayBack: plan.changes,
    });
    const before = await filesOf(dirname(file));
    await store.changes.finish({
      id,
      owner,
      epoch: 1,
      state: 'done',
      evidence: [],
      audit: { event: 'finished', facts: {} },
    });
    const after = await filesOf(dirname(file));
    for (const disguise of disguises) {
      expect(before.includes(disguise)).toBe(false);
      expect(after.includes(disguise)).toBe(false);
    }
    expect(before.includes(id)).toBe(true);
    expect(JSON.stringify(await store.changes.wayBack(id))).toContain(planted);
  });

  test('every file is for its owner alone, whatever the umask and whatever it was before', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'vigie.db');
    await writeFile(file, '', { mode: 0o666 });
    await chmod(file, 0o666);
    const store = await openStore({ file, keys: sampleKeys, now });
    await store.audit.append({ event: 'denied', facts: {} });
    const names = (await readdir(folder)).sort();
    expect(names).toEqual(['vigie.db', 'vigie.db-shm', 'vigie.db-wal']);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    await store.close();
  });
});

describe('a store that cannot be used is refused with its file and the reason:', () => {
  async function refusal(file: string) {
    return openStore({ file, keys: sampleKeys, now }).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    );
  }

  test('no SQLite file', async () => {
    const file = join(await temporaryFolder(), 'vigie.db');
    await writeFile(file, 'this is a letter to my aunt. '.repeat(200));
    expect(await refusal(file)).toMatchObject({
      code: 'STORE',
      message: `The store ${file} failed: it is no SQLite file.`,
    });
  });

  test('a damaged one', async () => {
    const { store, file } = await openTemporary();
    for (let count = 0; count < 300; count++) await store.audit.append({ event: 'denied', facts: { count } });
    await store.close();
    const bytes = await readFile(file);
    bytes.fill(0xff, 4096);
    await writeFile(file, bytes);
    expect(await refusal(file)).toMatchObject({ code: 'STORE', details: { file } });
  });

  test('a folder', async () => {
    const file = join(await temporaryFolder(), 'vigie.db');
    await mkdir(file);
    expect(await refusal(file)).toMatchObject({ code: 'STORE', details: { file } });
  });

  test('a symbolic link', async () => {
    const folder = await temporaryFolder();
    await symlink(join(folder, 'elsewhere'), join(folder, 'vigie.db'));
    expect(await refusal(join(folder, 'vigie.db'))).toMatchObject({
      code: 'STORE',
      details: { reason: 'ELOOP' },
    });
  });

  test('one that another process has locked for longer than we wait', async () => {
    const { store, file } = await openTemporary();
    const other = new Sqlite(file);
    other.exec('begin immediate');
    await expect(store.audit.append({ event: 'denied', facts: {} })).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
    });
    other.exec('rollback');
    other.close();
    expect(await store.audit.append({ event: 'denied', facts: {} })).toMatchObject({ sequence: 1 });
  });
});

describe('a change is not made, and the chain stays whole,', () => {
  /** Fills the store in the child until it is refused: [reason, reason of a second try, changes written, rows of a whole chain]. */
  async function fill(command: readonly [string, ...string[]]): Promise<string[]> {
    const [shell, ...words] = command;
    const { stdout } = await run(shell, words);
    return stdout.trim().split(' ');
  }

  test('when the file may not grow', async () => {
    const file = join(await temporaryFolder(), 'vigie.db');
    const script = `ulimit -f 512; trap '' XFSZ; exec "$0" "$@"`;
    const [first, second, written, rows] = await fill([
      'bash',
      '-c',
      script,
      process.execPath,
      program('fill'),
      file,
    ]);
    expect([first, second]).toEqual(['STORE/SQLITE_IOERR_WRITE', 'STORE/SQLITE_IOERR_WRITE']);
    expect(Number(written)).toBeGreaterThan(0);
    expect(rows).toBe(written);
    const again = await openStore({ file, keys: sampleKeys, now });
    expect(await again.audit.verify()).toMatchObject({ ok: true, rows: Number(written) });
    expect(await again.changes.list({ limit: 1_000 })).toHaveLength(Number(written));
    await again.close();
  });

  test('when the disk is full', async context => {
    const folder = await temporaryFolder();
    // A mount namespace of its own: the small disk is gone when the child is.
    const inside = (script: string): [string, ...string[]] => [
      'unshare',
      '--mount',
      '--map-root-user',
      'bash',
      '-c',
      `mount -t tmpfs -o size=1m tmpfs '${folder}' && ${script}`,
      process.execPath,
      program('fill'),
      join(folder, 'vigie.db'),
    ];
    const mountable = await fill(inside('true')).then(
      () => true,
      () => false,
    );
    context.skip(!mountable, 'this machine lets nobody mount');
    const [first, second, written, rows] = await fill(inside('exec "$0" "$@"'));
    expect([first, second]).toEqual(['STORE/SQLITE_FULL', 'STORE/SQLITE_FULL']);
    expect(Number(written)).toBeGreaterThan(0);
    expect(rows).toBe(written);
  });
});
