import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallResult } from '../../../src/core/result.ts';
import { environmentChecks } from '../../../src/desk/checks/environments.ts';
import { actAs, collectionOf, hardenedObjects } from '../../support/hardened.ts';
import { objectNamed, send } from '../../support/sandbox-client.ts';
import { idOf, startVigie, type TestVigie } from '../../support/start-vigie.ts';

// Vigie with nothing but the rights that it prints, on a cluster that enforces them. The rights are for the namespace
// shop alone, while its own bounds would let it into `other` too: there the server refuses.

let running: TestVigie;
const context = 'sandbox-test';

beforeAll(async () => {
  running = await startVigie();
  const { sandbox, dir } = running;
  const make = async (path: string, body: object) => {
    const { status, text } = await send(sandbox, { method: 'POST', path, body });
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`);
  };
  const kubeconfig = join(dir, 'kubeconfig');
  const named = /current-context: (\S+)/.exec(sandbox.kubeconfig())?.[1] ?? context;
  for (const object of await hardenedObjects(kubeconfig, { context: named, namespaces: ['shop'] }))
    await make(collectionOf(object), object);
  await make(
    '/api/v1/namespaces/other/configmaps',
    objectNamed('ConfigMap', 'settings', { data: { a: '1' } }),
  );
  await make('/apis/apps/v1/namespaces/other/deployments', webIn('other'));
  await sandbox.settled();
  actAs(kubeconfig, 'vigie-of-test');
});
afterAll(() => running.stop());

function webIn(namespace: string): object {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'shop/web:1' }] } },
    },
  };
}

const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {mode: ${value}}\n`;
const job =
  'apiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: shop/once:1}]}}}\n';
const web = (namespace: string) => ({ kind: 'Deployment', name: 'web', namespace });

const reads: [tool: string, input: (namespace: string) => object][] = [
  ['k8s_list', namespace => ({ kind: 'pods', namespace })],
  ['k8s_get', namespace => ({ target: web(namespace) })],
  ['k8s_get', namespace => ({ target: { kind: 'ConfigMap', name: 'settings', namespace } })],
  ['k8s_get', namespace => ({ target: { kind: 'Secret', name: 'db', namespace } })],
  ['k8s_logs', namespace => ({ target: web(namespace) })],
  ['k8s_events', namespace => ({ namespace })],
  ['k8s_describe', namespace => ({ target: web(namespace) })],
  ['k8s_top', namespace => ({ namespace })],
];
const changes: [tool: string, input: (namespace: string) => object][] = [
  ['k8s_apply', namespace => ({ manifest: configMap('made', 'new'), namespace })],
  ['k8s_apply', namespace => ({ manifest: configMap('made', 'changed'), namespace })],
  ['k8s_patch', namespace => ({ target: web(namespace), patch: 'spec: {minReadySeconds: 1}' })],
  ['k8s_set', namespace => ({ target: web(namespace), image: ['web=shop/web:2'] })],
  ['k8s_scale', namespace => ({ target: web(namespace), replicas: 3 })],
  ['k8s_rollout', namespace => ({ target: web(namespace), action: 'restart' })],
  ['k8s_run_job', namespace => ({ manifest: job, namespace })],
  ['k8s_delete', namespace => ({ target: { kind: 'ConfigMap', name: 'settings', namespace } })],
];

async function changed(tool: string, input: object): Promise<CallResult> {
  const asked = await running.call(tool, input);
  if (asked.status !== 'approval_required') throw new Error(`${asked.status}: ${asked.text}`);
  return running.approve(idOf(asked));
}

describe('with the rights that are printed', () => {
  test('this holds for every tool that reaches a cluster', () => {
    // The first takes an environment that is the whole cluster, the next three ask for rights that are not printed
    // (docs/decisions/lines-into-pods.md), what the others ask, every account may, and the last say what they could not read.
    const whole = ['k8s_diagnose', 'k8s_diagnose_files', 'k8s_audit'];
    const intoPods = ['k8s_exec', 'k8s_cp', 'k8s_port_forward'];
    const apart = ['k8s_node', ...intoPods, 'k8s_explain', 'k8s_access', 'k8s_diff', ...whole];
    const named = new Set([...apart, ...[...reads, ...changes].map(([tool]) => tool)]);
    const there = running.vigie.tools.map(({ name }) => name).filter(name => name.startsWith('k8s_'));
    expect([...named].sort()).toEqual(there.sort());
  });

  test.each(reads)('%s works in its namespace and is refused by the server outside', async (tool, input) => {
    const answered = await running.call(tool, input('shop'));
    expect(answered).toMatchObject({ status: 'answered' });
    // A log that may not be read is an answer too, with the pods named.
    expect(answered.data).not.toHaveProperty('notRead');
    expect((await running.call(tool, input('other'))).data).toMatchObject({ code: 'FORBIDDEN' });
  });

  test.each(changes)(
    '%s works in its namespace and is refused by the server outside',
    async (tool, input) => {
      expect(await changed(tool, input('shop'))).toMatchObject({ status: 'done' });
      expect((await running.call(tool, input('other'))).data).toMatchObject({ code: 'FORBIDDEN' });
    },
  );

  test('k8s_audit judges what may be read, and names what may not', async () => {
    const own = await running.call('k8s_audit', { namespace: 'shop', format: 'json' });
    expect(own).toMatchObject({ status: 'answered' });
    expect(JSON.stringify(own.data['rules'])).toContain('Deployment/web in shop');
    const other = await running.call('k8s_audit', { namespace: 'other', format: 'json' });
    expect(other.data).toMatchObject({ rules: [] });
    expect(other.data['notChecked']).toContain('Deployment (not allowed)');
  });

  test('k8s_diff tries what may be tried, and names what may not', async () => {
    const inBoth = ['shop', 'other'].map(namespace =>
      configMap('compared', 'new').replace('{name: compared}', `{name: compared, namespace: ${namespace}}`),
    );
    const { data } = await running.call('k8s_diff', { manifest: inBoth.join('---\n') });
    expect(data).toMatchObject({ counts: { create: 1, forbidden: 1 } });
  });

  test('k8s_describe sees all that is around a workload, and the other questions are answered too', async () => {
    const described = await running.call('k8s_describe', { target: web('shop') });
    expect(described.data).not.toHaveProperty('notChecked');
    expect((await running.call('k8s_explain', { path: 'deploy.spec' })).data).toMatchObject({
      kind: 'Deployment',
    });
    const list = { verb: 'list', resource: 'pods' };
    expect((await running.call('k8s_access', list)).data).toMatchObject({ allowed: false });
    expect((await running.call('k8s_access', { ...list, namespace: 'shop' })).data).toMatchObject({
      allowed: true,
    });
  });

  test('a change is undone', async () => {
    const done = await changed('k8s_apply', { manifest: configMap('undone', 'new'), namespace: 'shop' });
    const asked = await running.call('changes_undo', { id: idOf(done) });
    expect(await running.approve(idOf(asked))).toMatchObject({ status: 'done' });
  });

  test('nobody may give rights away or read another cluster-wide object', async () => {
    const role = `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: more}\nrules: []\n`;
    const asked = await running.call('k8s_apply', { manifest: role, namespace: 'shop' });
    expect(asked.data).toMatchObject({ code: 'FORBIDDEN' });
    expect((await running.call('k8s_list', { kind: 'nodes' })).data).toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('vigie doctor', () => {
  const look = async () => {
    const [environment] = running.vigie.environments;
    if (environment === undefined) throw new Error('the harness makes one environment');
    const found: string[] = [];
    const facts = { signal: new AbortController().signal, readOnly: false };
    for await (const { state, what } of environmentChecks(environment, facts))
      found.push(`${state}: ${what}`);
    return found;
  };

  test('finds nothing missing and nothing too much where the rights are as printed', async () => {
    const inShop = (await look()).filter(line => line.endsWith('in shop') || line.includes('in shop '));
    expect(inShop.filter(line => !line.startsWith('fine'))).toEqual([]);
    expect(inShop).toContain('fine: may do no more in shop than Vigie needs');
  });

  test('lists what else it may do as a note', async () => {
    const { status } = await send(running.sandbox, {
      method: 'POST',
      path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
      body: {
        metadata: { name: 'more' },
        rules: [{ apiGroups: [''], resources: ['secrets', 'pods/exec'], verbs: ['deletecollection', 'get'] }],
      },
    });
    expect(status).toBe(201);
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
    const subjects = [{ kind: 'ServiceAccount', name: 'vigie-of-test', namespace: 'vigie-accounts' }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'more' };
    const body = { metadata: { name: 'more' }, subjects, roleRef };
    expect((await send(running.sandbox, { method: 'POST', path, body })).status).toBe(201);
    expect(await look()).toContain(
      'note: may also, in shop: pods/exec deletecollection, get; secrets deletecollection',
    );
  });
});
