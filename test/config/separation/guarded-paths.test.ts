import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/config.ts';
import { guardedPaths } from '../../../src/config/separation/guarded-paths.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-guarded-'));
  for (const folder of ['dist/chunks', 'node_modules/yaml', 'etc', 'home'])
    mkdirSync(join(dir, folder), { recursive: true });
  for (const file of ['dist/main.js', 'dist/chunks/a.js', 'package.json']) writeFileSync(join(dir, file), '');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const kubeconfig = `
current-context: a
contexts:
  - {name: a, context: {cluster: a, user: token}}
clusters:
  - {name: a, cluster: {server: "https://a", certificate-authority: ca.pem}}
users:
  - {name: token, user: {tokenFile: /var/run/token}}
  - {name: cert, user: {client-certificate: cert.pem, client-key: ../key.pem}}
  - {name: beside, user: {exec: {command: ./plugin}}}
  - {name: on-path, user: {exec: {command: aws}}}
`;

async function guarded(environment: string, more = ''): Promise<Map<string, string>> {
  const configFile = join(dir, 'etc', 'vigie.yaml');
  writeFileSync(configFile, `environments:\n  prod:\n${environment}\n${more}`, { mode: 0o600 });
  const env = { HOME: join(dir, 'home'), VIGIE_HOME: join(dir, 'data'), PATH: '/opt/bin:relative:/usr/bin' };
  const config = await loadConfig({ file: configFile, env, systemFolder: join(dir, 'no-system') });
  const paths = await guardedPaths({ config, program: ['/opt/node', join(dir, 'dist', 'main.js')], env });
  return new Map(
    paths.map(({ path, what, against }) => [path.replace(`${dir}/`, ''), `${against}: ${what}`]),
  );
}

test('records, keys and approvers are kept from being read, policy and program from being changed', async () => {
  const found = await guarded('    sandbox: {world: shop}');
  expect(Object.fromEntries(found)).toEqual({
    data: 'reading: the folder of the store',
    'data/vigie.db': 'reading: the store',
    'data/keys/installation.key': 'reading: the key file',
    'data/tokens.yaml': 'reading: the tokens of HTTP clients',
    'etc/approvers.yaml': 'reading: the approvers file',
    'etc/vigie.yaml': 'writing: the policy',
    '/opt/node': 'writing: the program',
    'dist/main.js': 'writing: the program',
    dist: 'writing: the program',
    'dist/chunks': 'writing: the program',
    'dist/chunks/a.js': 'writing: the program',
    'package.json': 'writing: the program',
    node_modules: 'writing: the program',
    'node_modules/yaml': 'writing: the program',
  });
});

test('a kubeconfig is guarded with every file that it names, of all its users', async () => {
  writeFileSync(join(dir, 'etc', 'kubeconfig'), kubeconfig, { mode: 0o600 });
  const found = await guarded(`    kube: {context: a, kubeconfig: ${join(dir, 'etc', 'kubeconfig')}}`);
  expect(found.get('etc/kubeconfig')).toBe('reading: the kubeconfig of prod');
  expect(found.get('/var/run/token')).toBe('reading: a token file of prod');
  expect(found.get('key.pem')).toBe('reading: a client key of prod');
  expect(found.get('etc/cert.pem')).toBe('writing: a client certificate of prod');
  expect(found.get('etc/ca.pem')).toBe('writing: an authority of prod');
  expect(found.get('etc/plugin')).toBe('writing: a credential plugin of prod');
  // Whoever can make one earlier on PATH has it run.
  expect(found.get('/opt/bin/aws')).toBe('writing: a credential plugin of prod');
  expect(found.get('/usr/bin/aws')).toBe('writing: a credential plugin of prod');
  expect([...found.keys()].filter(path => path.includes('relative'))).toEqual([]);
});

test('what the words and variables of a credential plugin name is guarded with it', async () => {
  const script = join(dir, 'etc', 'login.sh');
  const [token, tool, folder] = ['token', 'tool', 'folder'].map(name => join(dir, 'etc', name));
  for (const file of [script, token, tool]) writeFileSync(file ?? '', 'x', { mode: 0o644 });
  chmodSync(tool ?? '', 0o755);
  mkdirSync(folder ?? '');
  const user = {
    exec: {
      command: '/bin/sh',
      args: [script, `--token-file=${token}`, '-c', `exec ${tool} <'/srv/other' https://host/path ./beside`],
      env: [
        { name: 'CONFIG', value: '/srv/missing/config' },
        { name: 'PATH', value: `${folder}:/usr/bin` },
        { name: 'CA', value: '/etc/ssl/certs/ca-certificates.crt' },
      ],
    },
  };
  const file = join(dir, 'etc', 'kubeconfig');
  writeFileSync(file, JSON.stringify({ users: [{ name: 'a', user }] }), { mode: 0o600 });
  const found = await guarded(`    kube: {context: a, kubeconfig: ${file}}`);
  const named = 'what a credential plugin is given';
  const ofPlugin = [...found].filter(([, what]) => what.includes(named) || what.includes('plugin of'));
  expect(Object.fromEntries(ofPlugin)).toEqual({
    '/bin/sh': 'writing: a credential plugin of prod',
    'etc/login.sh': `reading: ${named} of prod`,
    'etc/token': `reading: ${named} of prod`,
    'etc/tool': `writing: ${named} of prod`,
    'etc/folder': `writing: ${named} of prod`,
    '/srv/other': `reading: ${named} of prod`,
    '/srv/missing/config': `reading: ${named} of prod`,
    '/usr/bin': `writing: ${named} of prod`,
    '/etc/ssl/certs/ca-certificates.crt': `writing: ${named} of prod`,
  });
});

test('what is secret stays so where a plugin names it as a folder or program', async () => {
  mkdirSync(join(dir, 'data'));
  const exec = {
    command: '/bin/sh',
    args: [`--home=${dir}/etc/../data`, '/usr/../srv/token', '/srv/a token'],
  };
  const file = join(dir, 'etc', 'kubeconfig');
  writeFileSync(file, JSON.stringify({ users: [{ name: 'a', user: { exec } }] }), { mode: 0o600 });
  const found = await guarded(`    kube: {context: a, kubeconfig: ${file}}`);
  expect(found.get('data')).toBe('reading: the folder of the store');
  expect(found.get('/srv/token')).toMatch(/^reading: what a credential plugin/);
  expect(found.get('/srv/a token')).toMatch(/^reading: what a credential plugin/);
});

test('where vigie.yaml names no kubeconfig, the one of the daemon’s home is guarded', async () => {
  const found = await guarded('    kube: {context: a}');
  expect(found.get('home/.kube/config')).toBe('reading: the kubeconfig of prod');
});

test('a kubeconfig that cannot be read is guarded all the same', async () => {
  writeFileSync(join(dir, 'etc', 'kubeconfig'), 'users: [', { mode: 0o600 });
  const found = await guarded(`    kube: {context: a, kubeconfig: ${join(dir, 'etc', 'kubeconfig')}}`);
  expect(found.get('etc/kubeconfig')).toBe('reading: the kubeconfig of prod');
});

test('files behind secrets and witnesses are guarded too', async () => {
  const found = await guarded(
    '    sandbox: {world: shop}\n    secrets: {db: "file:/srv/db-password", other: "env:OTHER"}',
    'witness: {git: /srv/witness, https: {url: "https://w.example", token: "file:/srv/token", ca: /srv/ca.pem}}\n',
  );
  expect(found.get('/srv/db-password')).toBe('reading: the secret db of prod');
  expect(found.get('/srv/witness')).toBe('writing: the witness in git');
  expect(found.get('/srv/token')).toBe('reading: the token of the witness');
  expect(found.get('/srv/ca.pem')).toBe('writing: the authority of the witness');
});

test('a program among the packages of another is guarded with its neighbours, which it may load', async () => {
  const main = join(dir, 'node_modules', 'vigie', 'dist', 'main.js');
  mkdirSync(join(main, '..'), { recursive: true });
  writeFileSync(main, '');
  const env = { HOME: join(dir, 'home'), VIGIE_HOME: join(dir, 'data') };
  writeFileSync(join(dir, 'etc', 'vigie.yaml'), 'environments: {}\n', { mode: 0o600 });
  const config = await loadConfig({ file: join(dir, 'etc', 'vigie.yaml'), env, systemFolder: dir });
  const paths = (await guardedPaths({ config, program: [main], env })).map(({ path }) => path);
  expect(paths).toContain(join(dir, 'node_modules', 'yaml'));
});
