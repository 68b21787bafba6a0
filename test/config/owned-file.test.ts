import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOwned, replaceOwned, withLock } from '../../src/config/owned-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const asSelf = { owner: 'self-or-root' } as const;

async function fileWith(text: string): Promise<string> {
  const folder = join(await temporaryFolder(), 'own');
  await mkdir(folder, { mode: 0o700 });
  const file = join(folder, 'vigie.yaml');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

describe('a file that decides what is allowed', () => {
  test('is read with its owner; one that is not there is no error', async () => {
    const file = await fileWith('people: {}\n');
    expect(await readOwned(file, asSelf)).toMatchObject({ text: 'people: {}\n' });
    expect(await readOwned(`${file}.gone`, asSelf)).toBeUndefined();
  });

  test.each([
    ['the file', (file: string) => chmod(file, 0o620), 'its group or everybody may write it'],
    ['its folder', (file: string) => chmod(dirname(file), 0o702), 'the group of its folder or everybody'],
  ])('is refused while others may write %s, with the command that mends it', async (_what, loosen, why) => {
    const file = await fileWith('people: {}\n');
    await loosen(file);
    await expect(readOwned(file, asSelf)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(why),
      hint: expect.stringMatching(/^chmod go-w /),
    });
  });

  test('is not followed as a link, nor taken from what is no file, nor read without end', async () => {
    const file = await fileWith('people: {}\n');
    await symlink(file, `${file}.link`);
    await expect(readOwned(`${file}.link`, asSelf)).rejects.toThrow('symbolic link');
    await expect(readOwned(dirname(file), asSelf)).rejects.toThrow('not a regular file');
    await expect(readOwned(join(file, 'below'), asSelf)).rejects.toThrow('not that of a file');
    await writeFile(file, 'x'.repeat(1024 * 1024 + 1));
    await expect(readOwned(file, asSelf)).rejects.toThrow('larger than');
  });

  test("is replaced whole and stays its owner's alone; a failed write leaves nothing behind", async () => {
    const file = await fileWith('old');
    await chmod(file, 0o644);
    await replaceOwned(file, 'new');
    expect(await readFile(file, 'utf8')).toBe('new');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const folder = join(dirname(file), 'folder');
    await mkdir(folder);
    await expect(replaceOwned(folder, 'text')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    expect((await readdir(dirname(file))).sort()).toEqual(['folder', 'vigie.yaml']);
  });
});

test('two who change a file at once take turns, and one that fails gives its turn back', async () => {
  const file = await fileWith('0');
  const increment = () =>
    withLock(file, async () => {
      const count = Number(await readFile(file, 'utf8'));
      await replaceOwned(file, String(count + 1));
    });
  await expect(withLock(file, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await Promise.all([increment(), increment(), increment()]);
  expect(await readFile(file, 'utf8')).toBe('3');
  expect(await readdir(dirname(file))).toEqual(['vigie.yaml']);
});
