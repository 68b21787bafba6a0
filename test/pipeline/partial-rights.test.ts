import { afterEach, describe, expect, test } from 'vitest';
import { isObject, type JsonObject, plainText } from '../../src/core/json.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import { allowEverything, startVigie, type TestVigie } from '../support/start-vigie.ts';

// Vigie with the token of a service account of one namespace: what it may it does as well as an administrator, and what
// it may not it names.

const rbac = 'rbac.authorization.k8s.io';
const inShop = `/apis/${rbac}/v1/namespaces/shop`;

let running: TestVigie | undefined;
afterEach(() => running?.stop());

/** A kubeconfig of the account shop/robot, which has the rules given and those of the cluster roles named. */
async function robotIn(
  sandbox: Sandbox,
  { rules = [], roles = [] }: { rules?: JsonObject[]; roles?: string[] },
): Promise<string> {
  const post = (path: string, body: JsonObject): Promise<JsonObject> =>
    askAsAdministrator(sandbox, { method: 'POST', path, body });
  await post('/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'robot' } });
  await post(`${inShop}/roles`, { metadata: { name: 'robot' }, rules });
  const bound = [['Role', 'robot'], ...roles.map(name => ['ClusterRole', name])];
  for (const [kind = '', name = ''] of bound) {
    await post(`${inShop}/rolebindings`, {
      metadata: { name: `${kind}-${name}`.toLowerCase() },
      roleRef: { apiGroup: rbac, kind, name },
      subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'shop' }],
    });
  }
  await sandbox.settled();
  const path = '/api/v1/namespaces/shop/serviceaccounts/robot/token';
  const { status } = await post(path, { spec: {} });
  return sandbox.kubeconfig(isObject(status) ? plainText(status['token']) : '');
}

async function startAs(rights: { rules?: JsonObject[]; roles?: string[] }): Promise<TestVigie> {
  running = await startVigie({ policy: allowEverything, kubeconfig: sandbox => robotIn(sandbox, rights) });
  await running.sandbox.advance(60_000);
  return running;
}

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const settings = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {mode: slow}
`;

describe('an account that may edit its namespace', () => {
  test('lists, shows, tells of events, reads logs, scales, restarts, applies and deletes there', async () => {
    const vigie = await startAs({ roles: ['edit'] });
    expect((await vigie.call('k8s_list', { kind: 'pods', namespace: 'shop' })).text).toContain('web-');
    for (const [tool, input] of [
      ['k8s_get', { target: web }],
      ['k8s_events', { namespace: 'shop' }],
      ['k8s_logs', { target: web }],
      ['k8s_describe', { target: web }],
    ] as const) {
      const result = await vigie.call(tool, input);
      expect(result.status, `${tool}: ${result.text}`).toBe('answered');
    }
    for (const [tool, input] of [
      ['k8s_scale', { target: web, replicas: 3 }],
      ['k8s_rollout', { target: web, action: 'restart' }],
      ['k8s_apply', { manifest: settings, force: true }],
      ['k8s_delete', { target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop' } }],
    ] as const) {
      const result = await vigie.call(tool, input);
      expect(result.status, `${tool}: ${result.text}`).toBe('done');
    }
  });

  test('is told by name what it may not see elsewhere, and that the rest is all there is', async () => {
    const vigie = await startAs({ roles: ['edit'] });
    const elsewhere = await vigie.call('k8s_list', { kind: 'pods', namespace: 'other' });
    expect(elsewhere.data).toMatchObject({ status: 'failed', code: 'FORBIDDEN' });
    expect(elsewhere.text).toContain('system:serviceaccount:shop:robot');
    expect(elsewhere.text).toContain('other');
    const both = await vigie.call('k8s_list', { kind: 'pods' });
    expect(both.text).toContain('web-');
    expect(both.data).toMatchObject({ notRead: ['other'] });
    expect(both.text).toContain('not read, for lack of the right: other');
    const role = await vigie.call('k8s_apply', {
      manifest: `{apiVersion: ${rbac}/v1, kind: Role, metadata: {name: r, namespace: shop}, rules: []}`,
    });
    expect(role.data).toMatchObject({ status: 'failed', code: 'FORBIDDEN' });
  });
});

describe('an account that may look and nothing else', () => {
  test('reads as well, and a change fails with the right that is missing, before anything is done', async () => {
    const vigie = await startAs({ roles: ['view'] });
    expect((await vigie.call('k8s_list', { kind: 'pods', namespace: 'shop' })).text).toContain('web-');
    expect((await vigie.call('k8s_logs', { target: web })).status).toBe('answered');
    const secrets = await vigie.call('k8s_list', { kind: 'secrets', namespace: 'shop' });
    expect(secrets.data).toMatchObject({ code: 'FORBIDDEN' });
    for (const [tool, input, right] of [
      ['k8s_scale', { target: web, replicas: 3 }, 'patch'],
      ['k8s_rollout', { target: web, action: 'restart' }, 'patch'],
      ['k8s_apply', { manifest: settings }, 'patch'],
      ['k8s_delete', { target: web }, 'delete'],
    ] as const) {
      const result = await vigie.call(tool, input);
      expect(result.data, tool).toMatchObject({ status: 'failed', code: 'FORBIDDEN' });
      expect(result.text, tool).toContain(`cannot ${right} resource`);
    }
    expect(vigie.sandbox.cluster.state.get('apps/deployments', 'shop/web')?.spec).toMatchObject({
      replicas: 2,
    });
  });
});

describe('an account that may do one thing', () => {
  test('scales without the right to list pods, and says what it could not look at', async () => {
    const vigie = await startAs({
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] },
        { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch', 'update'] },
      ],
    });
    const result = await vigie.call('k8s_scale', { target: web, replicas: 3 });
    expect(['done', 'unverified'], result.text).toContain(result.status);
    const shown = await vigie.call('k8s_get', { target: web });
    expect(shown.status).toBe('answered');
    const listed = await vigie.call('k8s_list', { kind: 'deployments', namespace: 'shop' });
    expect(listed.data).toMatchObject({ code: 'FORBIDDEN' });
    expect(listed.text).toContain(
      'cannot list resource "deployments" in API group "apps" in the namespace "shop"',
    );
  });
});
