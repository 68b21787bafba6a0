import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentAccount, vigieAccount } from '../../../src/cli/harden/accounts.ts';
import { parseDocuments } from '../../../src/core/strict-yaml.ts';
import { runHere } from '../../support/command-line.ts';

const kubeconfig = `
apiVersion: v1
kind: Config
clusters: [{name: far, cluster: {server: "https://far.example:6443", certificate-authority-data: Q0EtVEVYVA==}}]
users: [{name: admin, user: {token: the-token-of-an-administrator}}]
contexts: [{name: far, context: {cluster: far, user: admin}}]
`;

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-harden-'));
  writeFileSync(join(dir, 'kubeconfig'), kubeconfig, { mode: 0o600 });
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Runs `vigie init --harden` on a vigie.yaml with these environments. */
function harden(environments: string, ...words: string[]) {
  const config = join(dir, 'vigie.yaml');
  writeFileSync(config, `environments: {${environments}}\n`, { mode: 0o600 });
  const env = { HOME: dir, VIGIE_HOME: join(dir, 'home'), KUBECONFIG: join(dir, 'kubeconfig') };
  return runHere(['init', '--config', config, ...words], env);
}

async function documentsIn(file: string) {
  return (await parseDocuments(readFileSync(file, 'utf8'))).map(({ document }) => document);
}

const prod = 'prod: {kube: {context: far, namespaces: [shop, payments]}}';

test('prints everything, says which part a client may ignore, and writes nothing', async () => {
  const { status, stdout, stderr } = await harden(prod, '--harden');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const parts = [...stdout.matchAll(/^# (\S+):/gm)].map(match => match[1]);
  expect(parts).toEqual(['rbac.yaml', 'vigie.kubeconfig', 'agent.kubeconfig', 'claude-settings.json']);
  expect(stdout).toContain('deny rules for Claude Code (cooperative: a client may ignore them)');
  expect(stdout).toContain('kubectl create token agent-of-prod -n vigie-accounts --duration=8h');
  expect(readdirSync(dir).sort()).toEqual(['kubeconfig', 'vigie.yaml']);
});

test('writes a role and its binding for each namespace, for Vigie and for the agent', async () => {
  await harden(prod, '--harden', '-o', join(dir, 'out'));
  const objects = await documentsIn(join(dir, 'out', 'rbac.yaml'));
  const roles = objects.filter(object => object['kind'] === 'Role').map(object => object['metadata']);
  expect(roles).toEqual([
    { name: 'vigie-of-prod', namespace: 'shop' },
    { name: 'agent-of-prod', namespace: 'shop' },
    { name: 'vigie-of-prod', namespace: 'payments' },
    { name: 'agent-of-prod', namespace: 'payments' },
  ]);
  const subject = (name: string) => [{ kind: 'ServiceAccount', name, namespace: 'vigie-accounts' }];
  const bindings = objects.filter(object => object['kind'] === 'RoleBinding').map(each => each['subjects']);
  const [vigie, agent] = [subject('vigie-of-prod'), subject('agent-of-prod')];
  expect(bindings).toEqual([vigie, agent, vigie, agent]);
  const wide = objects.filter(object => object['kind'] === 'ClusterRole').map(object => object['rules']);
  expect(wide).toEqual([
    [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'], resourceNames: ['kube-system'] }],
  ]);
});

test('a policy that denies every change leaves Vigie to read', async () => {
  await harden(
    'prod: {kube: {context: far, namespaces: [shop]}, policy: {low: deny, medium: deny, high: deny}}',
    '--harden',
    '-o',
    join(dir, 'out'),
  );
  const text = readFileSync(join(dir, 'out', 'rbac.yaml'), 'utf8');
  expect(text).toContain('verbs: [get, list]');
  expect(text).not.toMatch(/create|patch|delete/);
});

test('an environment of the whole cluster has its rights there, and is told how to narrow them', async () => {
  const { stdout } = await harden('prod: {kube: {context: far}}', '--harden');
  expect(stdout).toContain('kind: ClusterRole\n');
  expect(stdout).not.toContain('kind: Role\n');
  expect(stdout).toContain('prod names no namespaces, so these rights hold in all of them');
});

test('only clusterScoped lets it change what is in no namespace', async () => {
  const rules = async (clusterScoped: boolean) =>
    (
      await harden(
        `prod: {kube: {context: far, namespaces: [shop], clusterScoped: ${clusterScoped}}}`,
        '--harden',
      )
    ).stdout;
  expect(await rules(false)).not.toContain('persistentvolumes,');
  expect(await rules(true)).toMatch(
    /resources: \[namespaces, nodes, persistentvolumes\]\n\s+verbs: \[create/,
  );
});

test('the kubeconfigs lead to the cluster with its certificate, and hold no credential', async () => {
  const { stdout } = await harden(prod, '--harden', '-o', join(dir, 'out'));
  expect(stdout).not.toContain('the-token-of-an-administrator');
  for (const account of ['vigie', 'agent']) {
    const file = join(dir, 'out', `${account}.kubeconfig`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('the-token-of-an-administrator');
    const [made] = await documentsIn(file);
    const cluster = { server: 'https://far.example:6443/', 'certificate-authority-data': 'Q0EtVEVYVA==' };
    expect(made).toMatchObject({
      'current-context': 'prod',
      clusters: [{ name: 'prod', cluster }],
      users: [{ user: { token: 'PASTE-THE-TOKEN-HERE' } }],
    });
  }
});

test('leaves a place for the address where no kubeconfig says it', async () => {
  const { status, stdout, stderr } = await harden(
    'prod: {kube: {context: gone, namespaces: [shop]}}',
    '--harden',
  );
  expect(status).toBe(0);
  expect(stdout).toContain('server: https://YOUR-API-SERVER');
  expect(stderr).toContain('The kubeconfig has no context "gone"');
});

test('writes all or nothing, and over nothing', async () => {
  const out = join(dir, 'out');
  expect((await harden(prod, '--harden', '-o', out)).status).toBe(0);
  rmSync(join(out, 'rbac.yaml'));
  writeFileSync(join(out, 'agent.kubeconfig'), 'mine');
  const { status, stderr } = await harden(prod, '--harden', '-o', out);
  expect(status).toBe(1);
  expect(stderr).toContain('exists, and vigie init never overwrites a file');
  expect(readFileSync(join(out, 'agent.kubeconfig'), 'utf8')).toBe('mine');
  expect(readdirSync(out)).not.toContain('rbac.yaml');
});

test.each([
  [
    'one of several',
    `${prod}, staging: {kube: {context: far}}`,
    ['--harden'],
    'Environments: prod, staging.',
  ],
  ['an unknown one', prod, ['--harden', '-e', 'dev'], 'There is no environment dev.'],
  ['a simulated one', 'box: {sandbox: {}}', ['--harden'], 'there is nothing to harden'],
  [
    'one with its own accounts in it',
    'prod: {kube: {context: far, namespaces: [shop, vigie-accounts]}}',
    ['--harden'],
    "could run as Vigie's own account",
  ],
  ['one without --harden', prod, ['-e', 'prod'], '-e goes with --harden'],
])('asked for %s it is a mistake of usage', async (_what, environments, words, said) => {
  const { status, stdout, stderr } = await harden(environments, ...words);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(said);
});

test('gives no environment the account of another, whatever they are called', () => {
  const names = ['prod', 'prod-agent', 'agent', 'agent-of-prod', 'of-prod', 'vigie-of-prod'];
  const accounts = names.flatMap(name => [vigieAccount(name), agentAccount(name)]);
  expect(new Set(accounts).size).toBe(accounts.length);
});
