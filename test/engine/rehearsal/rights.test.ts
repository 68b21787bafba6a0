import { expect, test } from 'vitest';
import { isObject, type JsonObject, plainText } from '../../../src/core/json.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { askAsAdministrator } from '../../support/sandbox-client.ts';
import { allowEverything } from '../../support/start-vigie.ts';
import { startRehearsals } from './rehearsal-of.ts';

const read = { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] };
const scale = (name: string): string =>
  `tool: k8s_scale, with: {target: {kind: Deployment, name: ${name}, namespace: shop}, replicas: 3, waitSeconds: 60}`;
const scaled = `steps: [{id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}, {id: up, ${scale('web')}}]\n`;

/** The kubeconfig of an account that has these rights and no others. */
async function robotWith(sandbox: Sandbox, rules: readonly JsonObject[]): Promise<string> {
  const post = (path: string, body: JsonObject) =>
    askAsAdministrator(sandbox, { method: 'POST', path, body });
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const robot = { kind: 'ServiceAccount', name: 'robot', namespace: 'shop' };
  await post('/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'robot' } });
  await post(`${rbac}/clusterroles`, { metadata: { name: 'robot' }, rules: [...rules] });
  await post(`${rbac}/clusterrolebindings`, {
    metadata: { name: 'robot' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'robot' },
    subjects: [robot],
  });
  await sandbox.settled();
  const answer = await post('/api/v1/namespaces/shop/serviceaccounts/robot/token', { spec: {} });
  const status = isObject(answer) ? answer['status'] : undefined;
  return sandbox.kubeconfig(isObject(status) ? plainText(status['token']) : '');
}

const withRules = (rules: readonly JsonObject[]) =>
  startRehearsals({ policy: allowEverything, kubeconfig: sandbox => robotWith(sandbox, rules) });

test('what the live account may not change is denied, says which right is missing, and is no proof', async () => {
  const { rehearse: rehearsed, live } = await withRules([read]);
  const report = await rehearsed(scaled);
  expect(report).toMatchObject({
    outcome: 'denied',
    why: "The cluster does not let Vigie's account patch deployments.apps/scale in shop.",
  });
  expect(report).not.toHaveProperty('recorded');
  const { audit } = await live.vigie.store();
  expect(await audit.list({ limit: 10, events: ['rehearsed'] })).toEqual([]);
});

test('a right to the very objects that are changed is enough, and one to others is not', async () => {
  const only = {
    apiGroups: ['apps'],
    resources: ['deployments/scale'],
    verbs: ['patch'],
    resourceNames: ['web'],
  };
  const { rehearse: rehearsed } = await withRules([read, only]);
  expect(await rehearsed(scaled)).toMatchObject({ outcome: 'done', recorded: expect.anything() });
  expect(await rehearsed(`steps: [{id: a, ${scale('web')}}, {id: b, ${scale('api')}}]`)).toMatchObject({
    outcome: 'denied',
    why: expect.stringContaining('patch deployments.apps/scale in shop, of api'),
  });
});

test('an apply that makes an object takes the right to make it, and its way back the right to delete it', async () => {
  const manifest =
    '{apiVersion: v1, kind: ConfigMap, metadata: {name: fresh, namespace: shop}, data: {a: b}}';
  const applied = `steps: [{id: make, tool: k8s_apply, with: {manifest: ${JSON.stringify(manifest)}}}]\nonFailure: {undo: completedInReverse}\n`;
  const rule = (verbs: string[]) => ({ apiGroups: [''], resources: ['configmaps'], verbs });
  const patching = await withRules([read, rule(['patch'])]);
  expect(await patching.rehearse(applied)).toMatchObject({
    outcome: 'denied',
    why: "The cluster does not let Vigie's account create configmaps in shop.",
  });
  const making = await withRules([read, rule(['patch', 'create'])]);
  expect(await making.rehearse(applied)).toMatchObject({
    outcome: 'done',
    wayBack: { problems: [expect.stringContaining('delete configmaps in shop')] },
  });
});

test('where the cluster answers nothing about rights, that is said and not taken for a yes', async () => {
  const { rehearse: rehearsed, live } = await startRehearsals({ policy: allowEverything });
  const { resources } = live.sandbox.cluster;
  const served = resources.find.bind(resources);
  resources.find = (group, at) => (at.plural === 'selfsubjectaccessreviews' ? undefined : served(group, at));
  const report = await rehearsed(scaled);
  expect(report.unforeseen).toContainEqual(
    expect.stringMatching(
      /^Whether the cluster lets Vigie's account patch deployments.apps\/scale in shop \(\w+\)/,
    ),
  );
});
