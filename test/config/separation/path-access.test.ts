import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  mayEnter,
  readingHole,
  type Subject,
  writingHole,
} from '../../../src/config/separation/path-access.ts';
import { lookAlong } from '../../../src/config/separation/path-facts.ts';
import { fc } from '../../support/properties.ts';

const isRoot = process.getuid?.() === 0;
/** Far from every account of the machine that runs this. */
const stranger: Subject = { uid: 54_321, gids: new Set([54_321]) };
const member: Subject = { uid: 54_321, gids: new Set([54_321, process.getgid?.() ?? 0]) };

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(realpathSync(tmpdir()), 'vigie-paths-'));
  chmodSync(dir, 0o755);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function factsOf(path: string) {
  const { facts, aclsKnown } = await lookAlong([path]);
  expect(aclsKnown).toBe(true);
  const found = facts.get(path);
  if (found === undefined) throw new Error('nothing was looked at');
  return found;
}

function fileAt(name: string, mode: number): string {
  const path = join(dir, name);
  writeFileSync(path, 'x');
  chmodSync(path, mode);
  return path;
}

function folderAt(name: string, mode: number): string {
  const path = join(dir, name);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

test('a file is read by whom its mode lets, owner, group and others apart', async () => {
  expect(readingHole(stranger, await factsOf(fileAt('a', 0o600)))).toBeUndefined();
  expect(readingHole(stranger, await factsOf(fileAt('b', 0o640)))).toBeUndefined();
  expect(readingHole(member, await factsOf(fileAt('c', 0o640)))).toMatchObject({ by: 'mode' });
  expect(readingHole(stranger, await factsOf(fileAt('d', 0o644)))).toMatchObject({ by: 'mode' });
  const own = { uid: process.getuid?.() ?? 0, gids: new Set<number>() };
  expect(readingHole(own, await factsOf(fileAt('e', 0o000)))).toMatchObject({ by: 'owner' });
});

test('a folder on the way that cannot be gone through keeps what is in it', async () => {
  const folder = folderAt('shut', 0o755);
  const file = join(folder, 'file');
  writeFileSync(file, 'x');
  chmodSync(file, 0o666);
  expect(readingHole(stranger, await factsOf(file))).toBeDefined();
  expect(writingHole(stranger, await factsOf(file))).toMatchObject({ at: { path: file } });
  chmodSync(folder, 0o750);
  expect(readingHole(stranger, await factsOf(file))).toBeUndefined();
  expect(writingHole(stranger, await factsOf(file))).toBeUndefined();
});

test('whoever may write a folder on the way may put another file in its place, but not in a sticky one', async () => {
  const folder = folderAt('open', 0o777);
  const file = join(folder, 'file');
  writeFileSync(file, 'x');
  chmodSync(file, 0o600);
  expect(writingHole(stranger, await factsOf(file))).toMatchObject({ at: { path: folder }, by: 'mode' });
  chmodSync(folder, 0o1777);
  expect(writingHole(stranger, await factsOf(file))).toBeUndefined();
  expect(writingHole(stranger, await factsOf(join(folder, 'not-there-yet')))).toMatchObject({
    at: { path: folder },
  });
});

test.skipIf(!isRoot)(
  'whoever owns a sticky folder may put another file in the place of what others keep there',
  async () => {
    const folder = folderAt('theirs', 0o1755);
    writeFileSync(join(folder, 'file'), 'x');
    lchownSync(folder, stranger.uid, 0);
    expect(writingHole(stranger, await factsOf(join(folder, 'file')))).toMatchObject({
      at: { path: folder },
      by: 'owner',
    });
  },
);

test('a link on the way counts with the folder it is in, and with where it leads', async () => {
  const [safe, open] = [folderAt('safe', 0o755), folderAt('open', 0o777)];
  writeFileSync(join(safe, 'file'), 'x');
  symlinkSync(join(safe, 'file'), join(open, 'link'));
  expect(writingHole(stranger, await factsOf(join(open, 'link')))).toMatchObject({ at: { path: open } });
  const inner = folderAt('inner', 0o755);
  writeFileSync(join(open, 'loose'), 'x');
  symlinkSync('../open', join(inner, 'way'));
  symlinkSync('way/loose', join(inner, 'link'));
  expect(writingHole(stranger, await factsOf(join(inner, 'link')))).toMatchObject({ at: { path: open } });
  symlinkSync('../safe/file', join(inner, 'good'));
  expect(writingHole(stranger, await factsOf(join(inner, 'good')))).toBeUndefined();
});

test('links that go round are a fault, and nothing is claimed', async () => {
  symlinkSync('b', join(dir, 'a'));
  symlinkSync('a', join(dir, 'b'));
  expect((await factsOf(join(dir, 'a'))).fault).toBe('its links go round');
});

test('a socket’s folder is entered by whom its mode lets through', async () => {
  const folder = folderAt('run', 0o750);
  expect(mayEnter(stranger, await factsOf(folder))).toBe(false);
  expect(mayEnter(member, await factsOf(folder))).toBe(true);
});

const python = hasPython();

test.skipIf(!python)('an access list may name anybody, up to the bits of the group', async () => {
  const file = fileAt('listed', 0o640);
  // One entry for another user, as setfacl -m u:33:r writes it.
  execFileSync('python3', ['-c', accessList, file]);
  expect(readingHole(stranger, await factsOf(file))).toMatchObject({ by: 'acl', at: { path: file } });
  chmodSync(file, 0o600);
  expect(readingHole(stranger, await factsOf(file))).toBeUndefined();
});

test.skipIf(!isRoot)('whatever the kernel lets another account do, is found (property)', async () => {
  const [uid, gid] = [54_321, 54_322];
  const subject = { uid, gids: new Set([gid]) };
  const owner = fc.constantFrom(0, uid);
  const group = fc.constantFrom(0, gid);
  const mode = fc.integer({ min: 0, max: 0o777 });
  const entry = fc.record({ owner, group, mode, sticky: fc.boolean() });
  const tree = fc.tuple(entry, entry, entry);
  const trees = fc.sample(tree, 150);
  const paths = trees.map(([outer, inner, file], index) => {
    const [first, second] = [join(dir, `${index}`), join(dir, `${index}`, 'in')];
    mkdirSync(second, { recursive: true });
    const third = join(second, 'file');
    writeFileSync(third, 'x');
    for (const [path, { owner, group, mode, sticky }] of [
      [third, { ...file, sticky: false }],
      [second, inner],
      [first, outer],
    ] as const) {
      lchownSync(path, owner, group);
      chmodSync(path, mode | (sticky ? 0o1000 : 0));
    }
    return third;
  });
  const can = askKernel(paths, { uid, gid });
  const { facts } = await lookAlong(paths);
  const found = { reading: 0, writing: 0 };
  for (const [index, path] of paths.entries()) {
    const at = facts.get(path);
    if (at === undefined) throw new Error('not looked at');
    const [reads, writes] = [readingHole(subject, at), writingHole(subject, at)];
    if (can[index]?.read === true) expect(reads, path).toBeDefined();
    if (can[index]?.write === true || can[index]?.replace === true) expect(writes, path).toBeDefined();
    found.reading += reads === undefined ? 1 : 0;
    found.writing += writes === undefined ? 1 : 0;
  }
  // Not by saying yes to everything.
  expect(found.reading).toBeGreaterThan(20);
  expect(found.writing).toBeGreaterThan(5);
});

/** What that account can really do, asked of the kernel in a process of its own. */
function askKernel(
  paths: readonly string[],
  as: { uid: number; gid: number },
): { read: boolean; write: boolean; replace: boolean }[] {
  const script = `
    const fs = require('node:fs');
    const tries = work => { try { work(); return true; } catch { return false; } };
    const answers = JSON.parse(fs.readFileSync(0, 'utf8')).map(path => ({
      read: tries(() => fs.closeSync(fs.openSync(path, 'r'))),
      write: tries(() => fs.closeSync(fs.openSync(path, 'r+'))),
      replace: tries(() => { fs.renameSync(path, path + '.moved'); fs.renameSync(path + '.moved', path); }),
    }));
    process.stdout.write(JSON.stringify(answers));
  `;
  const stdout = execFileSync(process.execPath, ['--eval', script], {
    ...as,
    input: JSON.stringify(paths),
    encoding: 'utf8',
  });
  return JSON.parse(stdout) as ReturnType<typeof askKernel>;
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import os; os.setxattr']);
    return true;
  } catch {
    return false;
  }
}

const accessList = `
import os, struct, sys
def entry(tag, bits, who): return struct.pack('<HHI', tag, bits, who & 0xffffffff)
rows = entry(1, 6, -1) + entry(2, 4, 33) + entry(4, 4, -1) + entry(0x10, 4, -1) + entry(0x20, 0, -1)
os.setxattr(sys.argv[1], 'system.posix_acl_access', struct.pack('<I', 2) + rows)
`;
