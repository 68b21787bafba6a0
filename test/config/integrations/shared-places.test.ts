import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { place, temporaryFolder } from '../temporary-folder.ts';

interface Written {
  to: string;
  set?: string;
  more?: string;
}

async function load(prod: Written, staging: Written): Promise<Config> {
  const folder = await temporaryFolder();
  const written = ({ to, set = 'data', more = '' }: Written): string => `
    backups:
      destinations: {store: ${to}${more}}
      sets: {${set}: {engine: sqlite, path: /srv/live.db, to: [store]}}`;
  const text = `environments:
  prod:${written(prod)}
  staging:${written(staging)}
`;
  const file = await place(join(folder, 'vigie.yaml'), text);
  return loadConfig({ file, env: { HOME: folder }, systemFolder: join(folder, 'etc') });
}

const folder = (root: string): string => `{directory: ${root}, media: disk}`;
const bucket = (prefix: string): string =>
  `{s3: {endpoint: "https://s3.example.com", bucket: backups, prefix: ${prefix}, accessKey: "file:/a", secretKey: "file:/b"}, media: object-store}`;
const vault = (repository: string): string =>
  `{restic: {repository: "${repository}", password: "file:/p"}, media: tape}`;

test.each([
  ['one folder', folder('/srv/copies'), folder('/srv//copies/')],
  ['one place of a bucket', bucket('all'), bucket('all/')],
  ['one repository', vault('/srv/repo'), vault('/srv/repo/')],
])('two environments with one name of a set and %s are refused', async (_what, one, other) => {
  await expect(load({ to: one }, { to: other })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('store is where prod keeps a set data'),
  });
});

test.each([
  ['other folders', { to: folder('/srv/prod') }, { to: folder('/srv/staging') }],
  ['other prefixes', { to: bucket('prod') }, { to: bucket('staging') }],
  ['other names of sets', { to: folder('/srv/copies') }, { to: folder('/srv/copies'), set: 'test-data' }],
  [
    'the place of the other beside its own, to restore from',
    { to: folder('/srv/prod') },
    { to: folder('/srv/staging'), more: `, prod: ${folder('/srv/prod')}` },
  ],
])('two environments with %s will do', async (_what, one, other) => {
  await expect(load(one, other)).resolves.toBeDefined();
});
