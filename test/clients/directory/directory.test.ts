import { execFileSync, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { DirectoryReader } from '../../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../../src/clients/directory/writer.ts';
import { newCopyId } from '../../../src/core/copy.ts';

const set = 'shop-db';
let root: string;
let reader: DirectoryReader;
let writer: DirectoryWriter;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vigie-directory-'));
  reader = new DirectoryReader({ name: 'disk', root });
  writer = new DirectoryWriter({ name: 'disk', root });
  return () => rmSync(root, { recursive: true, force: true });
});

async function* bytes(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function read(name: { set: string; copy: string; part: string }): Promise<string> {
  let text = '';
  for await (const chunk of reader.open(name)) text += Buffer.from(chunk).toString('utf8');
  return text;
}

test('a sealed copy is found with its manifest, and its parts come back as they went', async () => {
  const copy = newCopyId(new Date());
  const draft = await writer.begin({ set, copy });
  const facts = await draft.put('a.dump', bytes('half ', 'and half'));
  expect(facts).toEqual({ bytes: 13, sha256: sha256('half and half') });
  await draft.seal('{"the":"manifest"}');
  expect(await reader.find(set)).toEqual({
    copies: [{ copy, manifest: '{"the":"manifest"}', drills: [], sizes: new Map([['a.dump', 13]]) }],
    cut: false,
  });
  expect(await read({ set, copy, part: 'a.dump' })).toBe('half and half');
  expect(readdirSync(join(root, set))).toEqual([copy]);
});

test('until it is sealed it is found as a copy without a manifest, and its lock names its holder', async () => {
  const copy = newCopyId(new Date());
  const draft = await writer.begin({ set, copy });
  await draft.put('a.dump', bytes('x'));
  expect(await reader.find(set)).toMatchObject({
    copies: [{ copy, drills: [] }],
    lock: { copy, holder: expect.stringContaining(`pid ${process.pid}`) },
  });
  await draft.leave();
  expect(await reader.find(set)).toEqual({ copies: [], cut: false });
});

test('nobody else on the machine can look into copies', async () => {
  const copy = newCopyId(new Date());
  const draft = await writer.begin({ set, copy });
  await draft.put('a.dump', bytes('x'));
  await draft.seal('{}');
  const modeOf = (...path: string[]) => statSync(join(root, set, ...path)).mode & 0o777;
  expect([modeOf(), modeOf(copy), modeOf(copy, 'a.dump'), modeOf(copy, 'manifest.json')]).toEqual([
    0o700, 0o700, 0o600, 0o600,
  ]);
});

test('a second backup of the set is refused while the first runs, and goes when it has ended', async () => {
  const first = await writer.begin({ set, copy: newCopyId(new Date()) });
  await expect(writer.begin({ set, copy: newCopyId(new Date()) })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { stale: false },
  });
  await writer.begin({ set: 'other', copy: newCopyId(new Date()) }).then(draft => draft.leave());
  await first.leave();
  await writer.begin({ set, copy: newCopyId(new Date()) }).then(draft => draft.leave());
});

test('of many that begin at once exactly one goes', async () => {
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, () => writer.begin({ set, copy: newCopyId(new Date()) })),
  );
  expect(tries.filter(each => each.status === 'fulfilled')).toHaveLength(1);
  for (const each of tries) if (each.status === 'fulfilled') await each.value.leave();
  expect(readdirSync(join(root, set))).toEqual([]);
});

function leaveLock(renewedAt: string): void {
  mkdirSync(join(root, set), { recursive: true });
  const copy = '20200101T000000Z-abcd';
  const lock = { copy, since: '2020-01-01T00:00:00Z', renewedAt, holder: 'db-host pid 7' };
  writeFileSync(join(root, set, 'lock.json'), JSON.stringify(lock));
}

test('a stale lock is told and taken over only when asked to, a fresh one never', async () => {
  const name = { set, copy: newCopyId(new Date()) };
  leaveLock('2020-01-01T00:00:00Z');
  await expect(writer.begin(name)).rejects.toMatchObject({ code: 'CONFLICT', details: { stale: true } });
  await writer.begin({ ...name, breakLock: true }).then(draft => draft.leave());
  leaveLock(new Date().toISOString());
  await expect(writer.begin({ ...name, breakLock: true })).rejects.toMatchObject({
    details: { stale: false },
  });
});

test('of many that take a stale lock over exactly one goes', async () => {
  leaveLock('2020-01-01T00:00:00Z');
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, () => writer.begin({ set, copy: newCopyId(new Date()), breakLock: true })),
  );
  expect(tries.filter(each => each.status === 'fulfilled')).toHaveLength(1);
  for (const each of tries) if (each.status === 'fulfilled') await each.value.leave();
});

test('a backup whose lock was taken over does not become a copy', async () => {
  const draft = await writer.begin({ set, copy: newCopyId(new Date()) });
  await draft.put('a.dump', bytes('x'));
  leaveLock(new Date().toISOString());
  await expect(draft.seal('{}')).rejects.toMatchObject({ code: 'CONFLICT' });
  await draft.leave();
  const { copies, lock } = await reader.find(set);
  expect(copies).toEqual([]);
  expect(lock?.holder).toBe('db-host pid 7');
});

test('an error of the source goes through, and nothing of it is listed as good', async () => {
  const draft = await writer.begin({ set, copy: newCopyId(new Date()) });
  async function* broken(): AsyncIterable<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('pg_dump died');
  }
  await expect(draft.put('a.dump', broken())).rejects.toThrow('pg_dump died');
  expect((await reader.find(set)).copies.filter(each => each.manifest !== undefined)).toEqual([]);
  await draft.leave();
});

test('a killed backup is listed without a manifest, and can be removed', async () => {
  const copy = newCopyId(new Date());
  const child = fork(join(import.meta.dirname, 'processes', 'begin-and-hang.ts'), [root, set, copy], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise(resolve => child.once('message', resolve));
  child.kill('SIGKILL');
  await new Promise(resolve => child.once('exit', resolve));
  const found = await reader.find(set);
  expect(found.copies).toEqual([{ copy, drills: [] }]);
  expect(found.lock?.copy).toBe(copy);
  await writer.remove({ set, copy });
  expect((await reader.find(set)).copies).toEqual([]);
});

test('reports of drills lie beside a copy, and only beside one that is there', async () => {
  const copy = newCopyId(new Date());
  const draft = await writer.begin({ set, copy });
  await draft.seal('{}');
  await writer.note({ set, copy, file: 'drill-20261122T040000Z.json', text: '{"passed":true}' });
  expect((await reader.find(set)).copies[0]?.drills).toEqual(['{"passed":true}']);
  await expect(
    writer.note({ set, copy: newCopyId(new Date()), file: 'drill-20261122T040000Z.json', text: '{}' }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a folder that is not there is not made: its disk may not be mounted', async () => {
  const gone = { name: 'usb', root: join(root, 'not', 'mounted') };
  await expect(new DirectoryWriter(gone).begin({ set, copy: newCopyId(new Date()) })).rejects.toMatchObject({
    code: 'DESTINATION',
    message: expect.stringContaining('not mounted'),
  });
  await expect(new DirectoryReader(gone).find(set)).rejects.toMatchObject({ code: 'DESTINATION' });
});

test('one copy that cannot be read does not hide the others, and a link is no copy', async () => {
  const good = newCopyId(new Date('2026-01-02T00:00:00Z'));
  const draft = await writer.begin({ set, copy: good });
  await draft.seal('{}');
  const linked = newCopyId(new Date('2026-01-03T00:00:00Z'));
  symlinkSync(join(root, set, good), join(root, set, linked));
  const stolen = newCopyId(new Date('2026-01-04T00:00:00Z'));
  mkdirSync(join(root, set, stolen));
  symlinkSync('/etc/passwd', join(root, set, stolen, 'manifest.json'));
  writeFileSync(join(root, set, 'notes.txt'), 'not ours');
  const { copies } = await reader.find(set);
  expect(copies.map(({ copy, manifest, trouble }) => [copy, manifest, trouble])).toEqual([
    [stolen, undefined, 'ELOOP'],
    [linked, undefined, 'it is no folder'],
    [good, '{}', undefined],
  ]);
});

test('a disk that fills up half-way is said to be full, and holds no copy', async ({ skip }) => {
  const small = mkdtempSync(join(tmpdir(), 'vigie-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
  } catch {
    skip('SKIPPED: no tmpfs can be mounted here, so no full disk was met');
  }
  try {
    const full = new DirectoryWriter({ name: 'small', root: small });
    const draft = await full.begin({ set, copy: newCopyId(new Date()) });
    async function* large(): AsyncIterable<Uint8Array> {
      for (let count = 0; count < 64; count += 1) yield Buffer.alloc(65_536, 1);
    }
    await expect(draft.put('a.dump', large())).rejects.toMatchObject({
      code: 'DESTINATION',
      message: expect.stringContaining('it is full'),
    });
    await draft.leave();
    const { copies } = await new DirectoryReader({ name: 'small', root: small }).find(set);
    expect(copies).toEqual([]);
  } finally {
    execFileSync('umount', [small]);
    rmSync(small, { recursive: true });
  }
});

test('a part that is not there is not found', async () => {
  await expect(read({ set, copy: newCopyId(new Date()), part: 'a.dump' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('a removed copy is gone, and removing it again changes nothing', async () => {
  const copy = newCopyId(new Date());
  const draft = await writer.begin({ set, copy });
  await draft.put('a.dump', bytes('x'));
  await draft.seal('{}');
  await writer.remove({ set, copy });
  expect(readdirSync(join(root, set))).toEqual([]);
  await writer.remove({ set, copy });
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
