import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { place, temporaryFolder } from './temporary-folder.ts';

const sandbox = 'environments: {box: {sandbox: {world: shop}}}\n';

/** The configuration of a user's file, and of root's where there is one. */
async function load(text: string, root?: string): Promise<Config> {
  const folder = await temporaryFolder();
  for (const name of ['etc', 'data', 'user']) await mkdir(join(folder, name), { mode: 0o700 });
  if (root !== undefined) await place(join(folder, 'etc', 'vigie.yaml'), root);
  const file = await place(join(folder, 'user', 'vigie.yaml'), text);
  return loadConfig({
    file,
    env: { HOME: folder, VIGIE_HOME: join(folder, 'data') },
    systemFolder: join(folder, 'etc'),
  });
}

test('each kind of witness is read, the token as a reference', async () => {
  const { witness } = await load(
    `${sandbox}witness:
  journal: false
  git: /srv/witness
  https: {url: "https://witness.example/audit", token: "env:WITNESS_TOKEN", ca: /etc/ca.pem}
`,
  );
  expect(witness).toMatchObject({
    journal: false,
    git: '/srv/witness',
    https: { url: 'https://witness.example/audit', caFile: '/etc/ca.pem' },
  });
  expect(witness.https?.token?.toString()).toBe('env:WITNESS_TOKEN');
  expect(await load(`${sandbox}witness: {https: "https://witness.example/audit"}\n`)).toMatchObject({
    witness: { https: { url: 'https://witness.example/audit' } },
  });
});

test.each([
  ['{https: "http://witness.example/"}', 'must be a URL of https'],
  ['{https: "https://me:word@witness.example/"}', 'must be a URL of https'],
  ['{https: "https://witness.example/?key=1"}', 'must be a URL of https'],
  ['{https: {url: "https://witness.example/", token: the-token-4711}}', 'never the value itself'],
  ['{https: {url: "https://witness.example/", ca: ca.pem}}', 'must be an absolute path'],
  ['{git: witness}', 'must be an absolute path'],
  ['{jounal: false}', 'did you mean journal'],
])('%s is refused, without the value in the message', async (witness, why) => {
  const error: unknown = await load(`${sandbox}witness: ${witness}\n`).catch((refused: unknown) => refused);
  expect(error).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining(why) });
  expect(String(error)).not.toMatch(/the-token-4711|me:word/);
});

test('who takes a witness away changes the policy, which must be accepted anew', async () => {
  const without = await load(sandbox);
  const hashes = await Promise.all(
    [
      'witness: {git: /srv/witness}\n',
      'witness: {git: /srv/other}\n',
      'witness: {journal: false}\n',
      'witness: {https: "https://witness.example/"}\n',
      'witness: {https: {url: "https://witness.example/", token: "env:A"}}\n',
      'witness: {https: {url: "https://witness.example/", token: "env:B"}}\n',
    ].map(async text => (await load(sandbox + text)).hash),
  );
  expect(new Set([...hashes, without.hash]).size).toBe(hashes.length + 1);
  expect((await load(`${sandbox}witness: {}\n`)).hash).toBe(without.hash);
});

// What stands for /etc/vigie/vigie.yaml must be root's.
test.skipIf(process.getuid?.() !== 0)(
  "root's witnesses stay, whatever the user's file says, which may add some",
  async () => {
    const root = `${sandbox}witness: {journal: true, git: /srv/roots}\n`;
    const user = `${sandbox}witness: {journal: false, git: /tmp/mine, https: "https://witness.example/"}\n`;
    expect((await load(user, root)).witness).toMatchObject({
      journal: true,
      git: '/srv/roots',
      https: { url: 'https://witness.example/' },
    });
    expect(
      (await load(`${sandbox}witness: {journal: true}\n`, `${sandbox}witness: {journal: false}\n`)).witness,
    ).toEqual({
      journal: true,
    });
  },
);
