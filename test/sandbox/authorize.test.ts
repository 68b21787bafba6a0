import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { send, startShop } from '../support/sandbox-client.ts';

const rbac = 'rbac.authorization.k8s.io';

function access(kind: string, metadata: KubeObject['metadata'], more: JsonObject): KubeObject {
  return { apiVersion: `${rbac}/v1`, kind, metadata, ...more };
}

const to = (kind: string, name: string, more: JsonObject = {}): JsonObject => ({ kind, name, ...more });
const role = (kind: string, name: string): JsonObject => ({ apiGroup: rbac, kind, name });

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startShop([
    access(
      'ClusterRole',
      { name: 'look' },
      { rules: [{ verbs: ['get', 'list'], apiGroups: ['', 'apps'], resources: ['*'] }] },
    ),
    access(
      'ClusterRole',
      { name: 'scale' },
      { rules: [{ verbs: ['*'], apiGroups: ['apps'], resources: ['*/scale'] }] },
    ),
    access(
      'Role',
      { name: 'one', namespace: 'shop' },
      {
        rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['mine'] }],
      },
    ),
    access(
      'ClusterRoleBinding',
      { name: 'looks' },
      { roleRef: role('ClusterRole', 'look'), subjects: [to('Group', 'devs')] },
    ),
    access(
      'RoleBinding',
      { name: 'scales', namespace: 'shop' },
      { roleRef: role('ClusterRole', 'scale'), subjects: [to('User', 'bob')] },
    ),
    access(
      'RoleBinding',
      { name: 'one', namespace: 'shop' },
      {
        roleRef: role('Role', 'one'),
        subjects: [to('ServiceAccount', 'app', { namespace: 'shop' })],
      },
    ),
  ]);
});
afterAll(() => sandbox.close());

const dev = { 'impersonate-user': 'ann', 'impersonate-group': 'devs' };
const bob = { 'impersonate-user': 'bob' };
const app = { 'impersonate-user': 'system:serviceaccount:shop:app' };

test.each([
  ['a group reads what its cluster role names, everywhere', dev, 'GET', '/api/v1/pods', 200],
  ['and in each namespace', dev, 'GET', '/apis/apps/v1/namespaces/shop/deployments', 200],
  ['a verb that is not named is refused', dev, 'DELETE', '/api/v1/namespaces/shop/configmaps', 403],
  ['watch is a verb of its own', dev, 'GET', '/api/v1/pods?watch=1', 403],
  ['another group is refused', dev, 'GET', '/apis/batch/v1/jobs', 403],
  ['a role in a namespace holds there', bob, 'GET', '/apis/apps/v1/namespaces/shop/deployments/x/scale', 404],
  ['and nowhere else', bob, 'GET', '/apis/apps/v1/namespaces/default/deployments/x/scale', 403],
  ['a subresource is not its resource', bob, 'GET', '/apis/apps/v1/namespaces/shop/deployments/x', 403],
  ['a service account reads the one name it may', app, 'GET', '/api/v1/namespaces/shop/secrets/mine', 404],
  ['but no other', app, 'GET', '/api/v1/namespaces/shop/secrets/other', 403],
  ['and no list', app, 'GET', '/api/v1/namespaces/shop/secrets', 403],
  [
    'the refusal comes before the answer that there is no such kind',
    bob,
    'GET',
    '/apis/apps/v1/namespaces/shop/nothings',
    403,
  ],
  ['everyone reads what is served', bob, 'GET', '/apis', 200],
])('%s', async (_what, headers, method, path, status) => {
  const answer = await send(sandbox, { method, path, headers });
  expect(answer.status).toBe(status);
});

test('groups without a user to act as are a mistake of the caller', async () => {
  const answer = await send(sandbox, { path: '/version', headers: { 'impersonate-group': 'devs' } });
  expect(answer.body).toMatchObject({ code: 400, reason: 'BadRequest' });
});
