import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { place, temporaryFolder } from '../temporary-folder.ts';

async function load(set: string): Promise<Config> {
  const folder = await temporaryFolder();
  const text = `environments:
  vps:
    backups:
      destinations: {disk: {directory: /srv/copies, media: disk}}
      sets: {shop: {to: [disk], ${set}}}
`;
  const file = await place(join(folder, 'vigie.yaml'), text);
  return loadConfig({ file, env: { HOME: folder }, systemFolder: join(folder, 'etc') });
}

test('a file of SQLite is a set by its path alone, on a machine without a cluster', async () => {
  const [vps] = (await load('engine: sqlite, path: /srv/shop.db')).environments;
  expect(vps?.integrations.backups?.sets.get('shop')).toMatchObject({
    engine: 'sqlite',
    settings: { path: '/srv/shop.db' },
    secrets: {},
  });
});

test.each([
  ['engine: sqlite', 'needs path for the engine sqlite'],
  ['engine: sqlite, path: shop.db', 'must be an absolute path'],
  ['engine: sqlite, path: /srv/shop.db, host: db', 'is no setting of the engine sqlite'],
  ['engine: redis, path: /srv/shop.db', 'is no setting of the engine redis'],
  ['engine: clickhouse', 'needs database for the engine clickhouse'],
  ['engine: clickhouse, database: shop, disk: "b\', \'x"', 'is no name of a disk'],
  ['engine: redis, disk: backups', 'is no setting of the engine redis'],
])('a set with %s is refused: %s', async (set, why) => {
  await expect(load(set)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(why),
  });
});
