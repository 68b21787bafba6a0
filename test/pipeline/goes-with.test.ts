import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { type Meddled, startMeddled } from '../hostile/meddler.ts';
import { refusal } from '../support/meddled-wire.ts';
import { idOf } from '../support/start-vigie.ts';

// Before a deletion a person sees what the garbage collector, a namespace or a definition takes along, or that nobody knows.

let running: Meddled;
beforeEach(async () => {
  running = await startMeddled({ more: ', clusterScoped: true' });
});
afterEach(() => running.stop());

const settings = { kind: 'ConfigMap', name: 'settings', namespace: 'shop' };
const maps = '/api/v1/namespaces/shop/configmaps';

async function ownerOf(path: string, more: JsonObject = {}): Promise<JsonObject> {
  const { apiVersion = '', kind = '', metadata } = await running.admin('GET', path);
  const { name, uid } = metadata as { name: string; uid: string };
  return { apiVersion, kind, name, uid, ...more };
}

async function own(
  path: string,
  { name, owners, more = {} }: { name: string; owners: JsonObject[]; more?: JsonObject },
) {
  await running.admin('POST', path, { metadata: { name, ownerReferences: owners }, ...more });
}

const pods = {
  selector: { matchLabels: { app: 'owned' } },
  template: {
    metadata: { labels: { app: 'owned' } },
    spec: { containers: [{ name: 'c', image: 'shop/web:1' }] },
  },
};

test('objects of every kind that the object owns are shown, and what those own', async () => {
  const owners = [await ownerOf(`${maps}/settings`)];
  await own('/api/v1/namespaces/shop/secrets', {
    name: 'owned-secret',
    owners,
    more: { data: { a: 'dmFsdWU=' } },
  });
  await own('/api/v1/namespaces/shop/services', {
    name: 'owned-service',
    owners,
    more: { spec: { ports: [{ port: 80 }] } },
  });
  await own('/apis/apps/v1/namespaces/shop/deployments', { name: 'owned', owners, more: { spec: pods } });
  await expect
    .poll(async () => (await running.call('k8s_delete', { target: settings })).text)
    .toMatch(/with it: Pod\/owned-/);
  const { text } = await running.call('k8s_delete', { target: settings });
  for (const name of [
    'Secret/owned-secret',
    'Service/owned-service',
    'Deployment/owned',
    'ReplicaSet/owned-',
  ])
    expect(text).toContain(`with it: ${name}`);
  expect(text).not.toContain('may take more along');
  expect(text).not.toContain('web');
});

test('an object that another owner may keep is said to be so', async () => {
  await running.admin('POST', maps, { metadata: { name: 'other' } });
  const owners = [await ownerOf(`${maps}/settings`), await ownerOf(`${maps}/other`)];
  await own(maps, { name: 'shared', owners });
  const { text } = await running.call('k8s_delete', { target: settings });
  expect(text).toContain(
    'with it: ConfigMap/shared in shop (loses an owner, and is deleted unless another one stays)',
  );
});

test('a kind that may not be listed is named, since its objects may go along unseen', async () => {
  running.meddle({
    before: ({ path }) =>
      path.startsWith('/api/v1/namespaces/shop/secrets?')
        ? refusal(403, { reason: 'Forbidden', message: 'secrets is forbidden: User "x" cannot list' })
        : undefined,
  });
  const { text } = await running.call('k8s_delete', { target: settings });
  expect(text).toContain('may take more along than is listed: Secret could not be read to the end');
});

test('an approval holds while controllers make more pods, and not when something else is to go along', async () => {
  const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
  const path = '/apis/apps/v1/namespaces/shop/deployments/web';
  const owners = [await ownerOf(path)];
  const stale = await running.call('k8s_delete', { target: web });
  await own(maps, { name: 'new', owners });
  expect((await running.approve(idOf(stale))).status).toBe('plan_changed');

  const asked = await running.call('k8s_delete', { target: web, waitSeconds: 0 });
  await running.admin('PATCH', path, { spec: { replicas: 4 } });
  const crowd = async () => (await running.admin('GET', path))['status'];
  await expect.poll(crowd).toMatchObject({ replicas: 4 });
  expect((await running.approve(idOf(asked))).status).toBe('done');
});

test('nothing goes along where dependents are left behind', async () => {
  await own(maps, { name: 'left', owners: [await ownerOf(`${maps}/settings`)] });
  const { text } = await running.call('k8s_delete', { target: settings, propagation: 'Orphan' });
  expect(text).not.toContain('with it');
});

test('a namespace takes custom objects along, too', async () => {
  await define();
  await running.admin('POST', '/apis/example.com/v1/namespaces/other/brews', brew('inside'));
  const { text } = await running.call('k8s_delete', { target: { kind: 'Namespace', name: 'other' } });
  expect(text).toContain('with it: Brew/inside in other (deleted with its namespace)');
});

test('a definition takes all objects of its kind along, ten of them by name', async () => {
  await define();
  for (let n = 10; n < 22; n += 1)
    await running.admin('POST', '/apis/example.com/v1/namespaces/other/brews', brew(`b${n}`));
  const target = { kind: 'CustomResourceDefinition', name: 'brews.example.com' };
  const { text } = await running.call('k8s_delete', { target });
  expect(text).toContain('with it: Brew/b10 in other');
  expect(text).toContain('and 2 more');
  expect(text).not.toContain('Brew/b20');
  expect(text).toContain('namespaces outside this environment were not looked at');
});

test('an owner outside of namespaces takes along what it owns within them', async () => {
  await running.admin('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'top' },
    rules: [],
  });
  const owners = [await ownerOf('/apis/rbac.authorization.k8s.io/v1/clusterroles/top')];
  await own(maps, { name: 'below', owners });
  const { text } = await running.call('k8s_delete', { target: { kind: 'ClusterRole', name: 'top' } });
  expect(text).toContain('with it: ConfigMap/below in shop (deleted with its owner)');
});

function brew(name: string): JsonObject {
  return { apiVersion: 'example.com/v1', kind: 'Brew', metadata: { name } };
}

async function define(): Promise<void> {
  const schema = { openAPIV3Schema: { type: 'object' } };
  await running.admin('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'brews.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'brews', singular: 'brew', kind: 'Brew' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
}
