import { rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WatchedConfig } from '../../src/config/watched-config.ts';
import { place, temporaryFolder } from './temporary-folder.ts';

const policy = (low: string) =>
  `environments: {prod: {kube: {context: prod}, policy: {low: ${low}, medium: deny}}}\n`;

async function watch(): Promise<{ file: string; watched: WatchedConfig; low: () => Promise<unknown> }> {
  const folder = await temporaryFolder();
  const file = await place(join(folder, 'vigie.yaml'), policy('deny'));
  const env = { HOME: folder, VIGIE_HOME: join(folder, 'data') };
  const watched = await WatchedConfig.load({ file, env, systemFolder: join(folder, 'etc') });
  const low = async () => (await watched.refresh()).environments[0]?.policy.low;
  return { file, watched, low };
}

test('while the file is the same, so is what was read', async () => {
  const { watched } = await watch();
  expect(await watched.refresh()).toBe(watched.config);
});

test('an edit of the same length whose time was set back is seen', async () => {
  const { file, low } = await watch();
  expect(await low()).toBe('deny');
  const { atime, mtime } = await stat(file);
  await place(file, policy(' ask'));
  await utimes(file, atime, mtime);
  expect(await low()).toBe('ask');
});

test('another file put in its place is seen', async () => {
  const { file, low } = await watch();
  await rename(await place(`${file}.new`, policy('ask')), file);
  expect(await low()).toBe('ask');
});

test('looks that overlap agree, and one that fails leaves what was read and hinders no later one', async () => {
  const { file, watched, low } = await watch();
  const before = watched.config;
  await place(file, 'environments: [');
  const looks = await Promise.allSettled([watched.refresh(), watched.refresh()]);
  expect(looks).toMatchObject([
    { status: 'rejected', reason: { code: 'INVALID_CONFIG' } },
    { status: 'rejected', reason: { code: 'INVALID_CONFIG' } },
  ]);
  expect(watched.config).toBe(before);
  await place(file, policy('ask'));
  const [one, other] = await Promise.all([watched.refresh(), watched.refresh()]);
  expect(one).toBe(other);
  expect(await low()).toBe('ask');
});
