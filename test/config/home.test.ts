import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configFolderOf, homeAt, homeOf, prepareHome } from '../../src/config/home.ts';
import { temporaryFolder } from './temporary-folder.ts';

test.each([
  [{ VIGIE_HOME: '/v', XDG_DATA_HOME: '/d', HOME: '/h' }, '/v'],
  [{ XDG_DATA_HOME: '/d', HOME: '/h' }, '/d/vigie'],
  [{ XDG_DATA_HOME: 'relative', HOME: '/h' }, '/h/.local/share/vigie'],
  [{ VIGIE_HOME: '', HOME: '/h' }, '/h/.local/share/vigie'],
])('with %j data lies in %s', (env, dir) => {
  expect(homeOf(env).dir).toBe(dir);
});

test('vigie.yaml is looked for where the XDG rules say', () => {
  expect(configFolderOf({ HOME: '/h' })).toBe('/h/.config/vigie');
  expect(configFolderOf({ HOME: '/h', XDG_CONFIG_HOME: '/c' })).toBe('/c/vigie');
});

test('a home is made for its owner alone, also where it was open before', async () => {
  const home = homeAt(join(await temporaryFolder(), 'a', 'home'));
  await prepareHome(home);
  await chmod(home.dir, 0o755);
  await prepareHome(home);
  for (const dir of [home.dir, home.configDir, home.sandboxDir, join(home.dir, 'keys')]) {
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
  }
});

test('a home that cannot be made is refused with the folder', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(prepareHome(homeAt(join(file, 'home')))).rejects.toMatchObject({
    code: 'STORE',
    details: { file: join(file, 'home') },
  });
});

test.each([
  { VIGIE_HOME: '/proc/self' },
  { VIGIE_HOME: '/proc/self/task/home' },
  { VIGIE_HOME: '/sys/vigie' },
  { XDG_DATA_HOME: '/proc/self', HOME: '/h' },
])('a home in a folder of the kernel is refused by name: %j', env => {
  expect(() => homeOf(env)).toThrow(/folder of the kernel's/);
});
