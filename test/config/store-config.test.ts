import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { guardedPaths } from '../../src/config/separation/guarded-paths.ts';
import { place, temporaryFolder } from './temporary-folder.ts';

const sandbox = 'environments: {box: {sandbox: {world: shop}}}\n';
const named = (url: string) => `${sandbox}store: {postgres: {url: "${url}"}}\n`;

/** The configuration of a user's file, and of root's where there is one. */
async function load(text: string, root?: string): Promise<Config> {
  const folder = await temporaryFolder();
  for (const name of ['etc', 'data', 'user']) await mkdir(join(folder, name), { mode: 0o700 });
  if (root !== undefined) await place(join(folder, 'etc', 'vigie.yaml'), root);
  const file = await place(join(folder, 'user', 'vigie.yaml'), text);
  const env = { HOME: folder, VIGIE_HOME: join(folder, 'data') };
  return loadConfig({ file, env, systemFolder: join(folder, 'etc') });
}

const urlOf = ({ store }: Config) => store.postgres?.url.toString();

test('the store is a file unless vigie.yaml says where the URL of a database is found', async () => {
  expect(urlOf(await load(sandbox))).toBeUndefined();
  expect(urlOf(await load(`${sandbox}store: {}\n`))).toBeUndefined();
  expect(urlOf(await load(named('env:VIGIE_STORE_URL')))).toBe('env:VIGIE_STORE_URL');
  expect(urlOf(await load(named('file:/etc/vigie/store-url')))).toBe('file:/etc/vigie/store-url');
});

test.each(['postgres://vigie:hunter2@db/vigie', 'postgres://vigie@db/vigie', 'file:store-url', 'env:', ''])(
  'a URL itself is refused with what to do, and not quoted: %s',
  async url => {
    const error: unknown = await load(named(url)).catch((refused: unknown) => refused);
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(
        /vigie\.yaml:2:\d+: store\.postgres\.url: must be env:NAME or file:\/absolute\/path: put the URL there/,
      ),
    });
    expect(String(error)).not.toContain('hunter2');
  },
);

test('a misspelt key is refused, with the right one', async () => {
  await expect(load(`${sandbox}store: {postgers: {url: "env:A"}}\n`)).rejects.toThrow(
    /did you mean postgres/,
  );
  await expect(load(`${sandbox}store: postgres\n`)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});

test('another store is another policy, and none is the one that was accepted before there were any', async () => {
  const [without, empty, one, other] = await Promise.all(
    [sandbox, `${sandbox}store: {}\n`, named('env:A'), named('env:B')].map(text => load(text)),
  );
  expect(empty?.hash).toBe(without?.hash);
  expect(new Set([without?.hash, one?.hash, other?.hash]).size).toBe(3);
});

test("root's store is in force whatever the user's file says", async () => {
  const root = `people: {}\nstore: {postgres: {url: "file:/etc/vigie/store-url"}}\n`;
  expect(urlOf(await load(named('env:MINE'), root))).toBe('file:/etc/vigie/store-url');
  expect(urlOf(await load(sandbox, root))).toBe('file:/etc/vigie/store-url');
});

test('a file that holds the URL is kept from being read by whoever asks', async () => {
  const config = await load(named('file:/etc/vigie/store-url'));
  expect(await guardedPaths({ config, program: [], env: {} })).toContainEqual({
    what: 'the URL of the store',
    path: '/etc/vigie/store-url',
    against: 'reading',
  });
});
