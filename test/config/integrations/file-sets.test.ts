import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { place, temporaryFolder } from '../temporary-folder.ts';

const vault =
  'vault: {restic: {repository: "rest:https://backup.example.com/", password: "file:/etc/p"}, media: tape}';
const bucket = (key: string): string =>
  `{restic: {repository: "s3:https://${key}.example.com/b", password: "file:/etc/p", env: {AWS_ACCESS_KEY_ID: "file:/etc/${key}"}}, media: object-store}`;

async function load(set: string, destinations = vault): Promise<Config> {
  const folder = await temporaryFolder();
  const text = `environments:
  vps:
    backups:
      destinations: {${destinations}}
      sets: {uploads: {engine: files, ${set}}}
`;
  const file = await place(join(folder, 'vigie.yaml'), text);
  return loadConfig({ file, env: { HOME: folder }, systemFolder: join(folder, 'etc') });
}

test('files are a set by their paths, on a machine without a cluster', async () => {
  const [vps] = (
    await load(
      'paths: [/srv/uploads, /srv/uploads-old], exclude: ["*.tmp"], oneFileSystem: true, marker: false, to: [vault]',
    )
  ).environments;
  expect(vps?.integrations.backups?.sets.get('uploads')).toMatchObject({
    engine: 'files',
    settings: {
      paths: ['/srv/uploads', '/srv/uploads-old'],
      exclude: ['*.tmp'],
      oneFileSystem: true,
      marker: false,
    },
    secrets: {},
  });
});

test.each([
  ['to: [vault]', 'needs paths for the engine files'],
  ['paths: [], to: [vault]', 'paths'],
  ['paths: [uploads], to: [vault]', 'must be an absolute path'],
  ['paths: [/srv/../etc], to: [vault]', 'must be an absolute path'],
  ['paths: [/srv/uploads/], to: [vault]', 'must be an absolute path'],
  ['paths: ["/srv/\\u202Egnp"], to: [vault]', 'characters that a screen does not show'],
  ['paths: [/srv, /srv/uploads], to: [vault]', '/srv/uploads lies in /srv'],
  ['paths: [/, /srv], to: [vault]', '/srv lies in /'],
  ['paths: [/srv, /srv], to: [vault]', 'names a path twice'],
  ['paths: [/srv], path: /srv/x, to: [vault]', 'is no setting of the engine files'],
])('a set with %s is refused: %s', async (set, why) => {
  await expect(load(set)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(why),
  });
});

test.each([
  [
    'disk: {directory: /srv/copies, media: disk}',
    'to: [disk]',
    'disk is a folder, and files go to restic repositories alone',
  ],
  [
    'objects: {s3: {endpoint: "https://s3.example.com", bucket: backups, accessKey: "file:/a", secretKey: "file:/b"}, media: object-store}',
    'to: [objects]',
    'objects is a bucket, and files go to restic repositories alone',
  ],
  [
    'own: {restic: {repository: /srv/repo, password: "file:/etc/p"}, media: disk}',
    'to: [own]',
    '/srv holds the repository of own',
  ],
  [
    `one: ${bucket('one')}, two: ${bucket('two')}`,
    'to: [one, two]',
    'one and two each have a AWS_ACCESS_KEY_ID of their own',
  ],
])('destinations %s are refused for %s: %s', async (destinations, to, why) => {
  await expect(load(`paths: [/srv], ${to}`, destinations)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(why),
  });
});

test('two repositories with the same credentials will do', async () => {
  const same = `one: ${bucket('one')}, two: ${bucket('one')}`;
  await expect(load('paths: [/srv], to: [one, two]', same)).resolves.toBeDefined();
});

test.each(['RESTIC_PASSWORD_COMMAND', 'RESTIC_PASSWORD_FILE', 'AWS_CONFIG_FILE', 'RCLONE_CONFIG', 'OS_HOME'])(
  'a repository is given no %s, which is no credential and may run a command',
  async name => {
    const more = vault.replace('"file:/etc/p"}', `"file:/etc/p", env: {${name}: "file:/etc/c"}}`);
    await expect(load('paths: [/srv], to: [vault]', more)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(name),
    });
  },
);
