import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { gitWitness } from '../../../src/clients/witness/git.ts';
import { temporaryFolder } from '../../store/open-temporary.ts';
import { rowFor } from './rows.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const at = '2026-11-21T10:00:00.000Z';
const installation = '0123456789abcdef';
const branch = `vigie-witness/${installation}`;
let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});

async function git(where: string, ...words: string[]): Promise<string> {
  const identity = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@localhost'];
  const { stdout } = await run('git', ['-C', where, ...identity, ...words]);
  return stdout;
}

async function repository(...options: string[]): Promise<string> {
  const path = join(folder, 'repository');
  await run('git', ['init', '--quiet', ...options, path]);
  return path;
}

function witness(path: string, id = installation) {
  return gitWitness({ path, installation: id, env: process.env });
}

/** A program that leaves a trace when somebody runs it. */
async function tripwire(path: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\ntouch '${join(folder, 'ran')}'\n`);
  await chmod(path, 0o755);
  return path;
}

test.each([
  ['a bare repository', ['--bare']],
  ['a repository with a work tree', []],
])('%s gets one commit a row, each with a line SEQ HASH', async (_, options) => {
  const path = await repository(...options);
  for (const sequence of [1, 3, 4]) await witness(path).record({ ...rowFor(sequence), at }, signal);
  const lines = await git(path, 'log', '--format=%s', branch);
  expect(lines).toBe(`4 ${rowFor(4).hash}\n3 ${rowFor(3).hash}\n1 ${rowFor(1).hash}\n`);
  expect(await witness(path).recall(signal)).toEqual([rowFor(4), rowFor(3), rowFor(1)]);
  await git(path, 'fsck', '--strict');
});

test('the same row twice in a row is one commit', async () => {
  const path = await repository('--bare');
  for (let time = 0; time < 2; time++) await witness(path).record({ ...rowFor(7), at }, signal);
  expect(await witness(path).recall(signal)).toEqual([rowFor(7)]);
});

test('a new repository has nothing, and another installation has its own', async () => {
  const path = await repository();
  expect(await witness(path).recall(signal)).toEqual([]);
  await witness(path).record({ ...rowFor(1), at }, signal);
  expect(await witness(path, 'f'.repeat(16)).recall(signal)).toEqual([]);
});

test('index, work tree, HEAD and branches of a repository in use stay as they are', async () => {
  const path = await repository();
  await writeFile(join(path, 'file'), 'one');
  await git(path, 'add', 'file');
  await git(path, 'commit', '--quiet', '-m', 'first');
  await writeFile(join(path, 'file'), 'two');
  await git(path, 'add', 'file');
  await writeFile(join(path, 'file'), 'three');
  const state = () =>
    Promise.all([
      git(path, 'status', '--porcelain=v2', '--branch'),
      git(path, 'diff', '--cached'),
      git(path, 'diff'),
      git(path, 'for-each-ref', '--exclude=refs/heads/vigie-witness').catch(() => ''),
    ]);
  const before = await state();
  await witness(path).record({ ...rowFor(1), at }, signal);
  expect((await state()).slice(0, 3)).toEqual(before.slice(0, 3));
});

test('no hook, signing program, remote or configuration of the repository, the user or the environment runs anything', async () => {
  const path = await repository();
  const program = await tripwire(join(folder, 'program'));
  const hooks = join(path, '.git', 'hooks');
  const others = join(folder, 'others');
  await mkdir(hooks, { recursive: true });
  await mkdir(others);
  for (const name of ['reference-transaction', 'post-commit', 'pre-commit', 'update', 'post-update'])
    for (const place of [hooks, others]) await tripwire(join(place, name));
  const settings = {
    'core.hooksPath': others,
    'gpg.program': program,
    'core.fsmonitor': program,
    'core.pager': program,
    'core.editor': program,
  };
  for (const [name, value] of Object.entries(settings)) await git(path, 'config', name, value);
  for (const name of ['commit.gpgSign', 'log.showSignature']) await git(path, 'config', name, 'true');
  await writeFile(
    join(folder, '.gitconfig'),
    `[core]\n\thooksPath = ${others}\n[gpg]\n\tprogram = ${program}\n`,
  );
  const env = {
    ...process.env,
    HOME: folder,
    GIT_DIR: join(folder, 'elsewhere'),
    GIT_PAGER: program,
    GIT_EXEC_PATH: others,
    GIT_TRACE2: program,
  };
  // The trap works where nothing guards against it.
  await git(path, 'update-ref', 'refs/heads/other', await emptyCommit(path));
  expect(await readdir(folder)).toContain('ran');
  await rm(join(folder, 'ran'));

  const guarded = gitWitness({ path, installation, env });
  await guarded.record({ ...rowFor(1), at }, signal);
  await guarded.record({ ...rowFor(2), at }, signal);
  expect(await guarded.recall(signal)).toEqual([rowFor(2), rowFor(1)]);
  expect(await readdir(folder)).not.toContain('ran');
});

async function emptyCommit(path: string): Promise<string> {
  const tree = (await git(path, 'write-tree')).trim();
  return (await git(path, 'commit-tree', tree, '-m', 'other')).trim();
}

test('a missing object of a partial clone is not fetched', async () => {
  const path = await repository('--bare');
  const program = await tripwire(join(folder, 'program'));
  await witness(path).record({ ...rowFor(1), at }, signal);
  const first = (await git(path, 'rev-parse', branch)).trim();
  await witness(path).record({ ...rowFor(2), at }, signal);
  await git(path, 'config', 'core.repositoryFormatVersion', '1');
  await git(path, 'config', 'extensions.partialClone', 'origin');
  await git(path, 'config', 'remote.origin.promisor', 'true');
  await git(path, 'config', 'remote.origin.url', `ext::${program}`);
  await git(path, 'config', 'protocol.ext.allow', 'always');
  await rm(join(path, 'objects', first.slice(0, 2), first.slice(2)));
  await witness(path)
    .recall(signal)
    .catch(() => []);
  expect(await readdir(folder)).not.toContain('ran');
});

test('while another process holds the branch it fails and says so, and goes on afterwards', async () => {
  const path = await repository('--bare');
  await witness(path).record({ ...rowFor(1), at }, signal);
  const lock = join(path, 'refs', 'heads', `${branch}.lock`);
  await writeFile(lock, '');
  await expect(witness(path).record({ ...rowFor(2), at }, signal)).rejects.toMatchObject({
    code: 'WITNESS',
    message: expect.stringContaining('lock'),
    details: { witness: `git ${path}` },
  });
  await rm(lock);
  await witness(path).record({ ...rowFor(3), at }, signal);
  expect(await witness(path).recall(signal)).toEqual([rowFor(3), rowFor(1)]);
});

test('one witness for a long time goes on beside another, and after the repository was made anew', async () => {
  const path = await repository('--bare');
  const lasting = witness(path);
  await lasting.record({ ...rowFor(1), at }, signal);
  await witness(path).record({ ...rowFor(2), at }, signal);
  await lasting.record({ ...rowFor(3), at }, signal);
  expect(await lasting.recall(signal)).toEqual([rowFor(3), rowFor(2), rowFor(1)]);
  await rm(path, { recursive: true });
  await expect(lasting.record({ ...rowFor(4), at }, signal)).rejects.toMatchObject({ code: 'WITNESS' });
  await repository('--bare');
  await lasting.record({ ...rowFor(4), at }, signal);
  await lasting.record({ ...rowFor(5), at }, signal);
  expect(await lasting.recall(signal)).toEqual([rowFor(5), rowFor(4)]);
});

test('of several that record at once every row is there in the end', async () => {
  const path = await repository('--bare');
  const sequences = [1, 2, 3, 4];
  await Promise.all(sequences.map(each => witness(path).record({ ...rowFor(each), at }, signal)));
  const seen = (await witness(path).recall(signal)).map(row => row.sequence);
  expect(new Set(seen)).toEqual(new Set(sequences));
});

test('what is no line of ours on the branch is passed over, and a replaced commit shows what it was', async () => {
  const path = await repository('--bare');
  await witness(path).record({ ...rowFor(1), at }, signal);
  const tip = (await git(path, 'rev-parse', branch)).trim();
  const tree = (await git(path, 'rev-parse', `${branch}^{tree}`)).trim();
  const forged = (await git(path, 'commit-tree', tree, '-m', `1 ${'0'.repeat(64)}`)).trim();
  await git(path, 'replace', tip, forged);
  const foreign = (await git(path, 'commit-tree', tree, '-p', tip, '-m', 'not a line')).trim();
  await git(path, 'update-ref', `refs/heads/${branch}`, foreign);
  await witness(path).record({ ...rowFor(2), at }, signal);
  expect(await witness(path).recall(signal)).toEqual([rowFor(2), rowFor(1)]);
});

test('a repository of another account that this one may write is taken, as vigie.yaml names it', async context => {
  context.skip(process.getuid?.() !== 0, 'needs root to give a repository away');
  const path = await repository('--bare');
  await run('chown', ['-R', '65534', path]);
  await witness(path).record({ ...rowFor(1), at }, signal);
  expect(await witness(path).recall(signal)).toEqual([rowFor(1)]);
});

test.each([
  ['that is not there', () => join(folder, 'nowhere')],
  ['that is no repository', () => folder],
])('a folder %s is named with why', async (_, path) => {
  await expect(witness(path()).record({ ...rowFor(1), at }, signal)).rejects.toMatchObject({
    code: 'WITNESS',
    message: expect.stringContaining('not a git repository'),
  });
});

test('without git that is what it says', async () => {
  const path = await repository('--bare');
  const alone = gitWitness({ path, installation, env: { PATH: folder } });
  await expect(alone.recall(signal)).rejects.toMatchObject({
    code: 'WITNESS',
    details: { why: 'git is not installed' },
  });
});

test('lines are read back whatever encoding the repository wants its log in', async () => {
  const path = await repository('--bare');
  await git(path, 'config', 'i18n.logOutputEncoding', 'UTF-16');
  await git(path, 'config', 'i18n.commitEncoding', 'UTF-16');
  for (const sequence of [1, 2]) await witness(path).record({ ...rowFor(sequence), at }, signal);
  expect(await witness(path).recall(signal)).toEqual([rowFor(2), rowFor(1)]);
});
