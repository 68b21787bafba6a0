import { readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listPlaybooks, readBounded, readNamed, textOf } from '../../../src/engine/catalogue/catalogue.ts';
import { playbookSkeleton } from '../../../src/engine/catalogue/skeleton.ts';
import { mistakesIn } from '../language/mistakes-in.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vigie-playbooks-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(name: string, text = 'x: 1\n'): Promise<string> {
  await mkdir(join(directory, name), { mode: 0o700 });
  const file = join(directory, name, 'playbook.yaml');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

const ownNames = async () =>
  (await listPlaybooks(directory)).filter(({ origin }) => origin === 'own').map(({ name }) => name);

test('playbooks that come with Vigie are there without a folder, and one of one own beside them', async () => {
  const shipped = await listPlaybooks(undefined);
  expect(shipped.map(({ name }) => name)).toEqual(readdirSync('playbooks').toSorted());
  const file = await write('mine');
  expect(await readNamed('mine', directory)).toEqual({ name: 'mine', origin: 'own', file, text: 'x: 1\n' });
});

test('a folder that is not there yet holds none', async () => {
  directory = join(directory, 'later');
  expect(await ownNames()).toEqual([]);
  await mkdir(directory);
});

test('one with the name of a shipped one does not take its place', async () => {
  await write('heal-oom');
  expect(await ownNames()).toEqual([]);
  expect((await readNamed('heal-oom', directory)).origin).toBe('shipped');
});

test('what is no name of a folder right there is none: paths, links, files, other letters', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'vigie-elsewhere-'));
  await mkdir(join(elsewhere, 'b'));
  await writeFile(join(elsewhere, 'b', 'playbook.yaml'), 'secret: 1\n');
  await symlink(join(elsewhere, 'b'), join(directory, 'linked'));
  await writeFile(join(directory, 'plain'), '');
  await mkdir(join(directory, 'Empty'));
  await mkdir(join(directory, 'empty'));
  expect(await ownNames()).toEqual([]);
  for (const name of [
    '../b',
    `../${elsewhere.split('/').at(-1) ?? ''}/b`,
    'linked',
    '.',
    '..',
    '',
    '/etc',
    'plain',
    'empty',
    'a\0b',
    '__proto__',
    'constructor',
  ])
    await expect(readNamed(name, directory), name).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await rm(elsewhere, { recursive: true });
});

test('a file that is a link, or that others may write, is not read', async () => {
  const file = await write('open');
  await chmod(file, 0o666);
  await expect(readNamed('open', directory)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('its group or everybody may write it'),
  });
  await mkdir(join(directory, 'linked'), { mode: 0o700 });
  await symlink('/etc/hostname', join(directory, 'linked', 'playbook.yaml'));
  await expect(readNamed('linked', directory)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('it is a symbolic link'),
  });
  const shared = await write('shared');
  await chmod(join(directory, 'shared'), 0o777);
  await expect(textOf({ name: 'shared', origin: 'own', file: shared })).rejects.toMatchObject({
    message: expect.stringContaining('the group of its folder'),
  });
});

test('a name that is nearly one is told', async () => {
  await expect(readNamed('heal-om', directory)).rejects.toMatchObject({
    message: 'There is no playbook heal-om.',
    hint: 'Did you mean heal-oom?',
  });
});

test('of a file only so much is read that it is seen to be too large, and of what is no file nothing', async () => {
  const file = join(directory, 'large.yaml');
  await writeFile(file, 'x'.repeat(1024 * 1024));
  expect((await readBounded(file))?.length).toBe(256 * 1024 + 1);
  await expect(readBounded(directory)).rejects.toMatchObject({ code: 'PLAYBOOK' });
  await expect(readBounded('/dev/zero')).rejects.toMatchObject({ code: 'PLAYBOOK' });
  expect(await readBounded(join(directory, 'none'))).toBeUndefined();
});

test('what a new playbook begins with is right', async () => {
  expect(await mistakesIn(playbookSkeleton('restart-web'))).toEqual([]);
});
