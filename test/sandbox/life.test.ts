import { afterEach, beforeEach, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { type Answer, objectNamed, send, startShop } from '../support/sandbox-client.ts';

const pods = '/api/v1/namespaces/shop/pods';
const deployments = '/apis/apps/v1/namespaces/shop/deployments';
const oneHourMs = 3_600_000;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startShop();
  await sandbox.settled();
});
afterEach(() => sandbox.close());

const get = (path: string): Promise<Answer> => send(sandbox, { path });
const post = (path: string, body: unknown): Promise<Answer> => send(sandbox, { method: 'POST', path, body });
const remove = (path: string, body?: unknown): Promise<Answer> =>
  send(sandbox, { method: 'DELETE', path, body });

function web(replicas: number): JsonObject {
  return {
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } },
    },
  };
}

async function podNames(): Promise<string[]> {
  const { body } = await get(pods);
  const items = Array.isArray(body['items']) ? body['items'].filter(isObject) : [];
  return items.map(item => (item['metadata'] as { name: string }).name);
}

async function startWeb(replicas: number): Promise<string[]> {
  await post(deployments, web(replicas));
  await sandbox.advance(60_000);
  return podNames();
}

test('a deployment gets ready pods, and deleting it takes them away', async () => {
  expect(await startWeb(2)).toHaveLength(2);
  expect((await get(`${deployments}/web`)).body).toMatchObject({
    status: { readyReplicas: 2, availableReplicas: 2 },
  });
  await remove(`${deployments}/web`);
  await sandbox.advance(oneHourMs);
  expect(await podNames()).toEqual([]);
});

test('orphaned pods outlive their replica set, foreground deletion waits for them', async () => {
  await startWeb(1);
  await remove(`${deployments}/web`, { propagationPolicy: 'Orphan' });
  await sandbox.advance(oneHourMs);
  expect(await podNames()).toHaveLength(1);
  const sets = await get('/apis/apps/v1/namespaces/shop/replicasets');
  const [set] = sets.body['items'] as { metadata: { name: string; ownerReferences?: unknown } }[];
  expect(set?.metadata.ownerReferences).toBeUndefined();
  const answer = await remove(`/apis/apps/v1/namespaces/shop/replicasets/${set?.metadata.name}`, {
    propagationPolicy: 'Foreground',
  });
  expect(answer.body).toMatchObject({ kind: 'ReplicaSet', metadata: { finalizers: ['foregroundDeletion'] } });
  await sandbox.advance(oneHourMs);
  expect(await podNames()).toEqual([]);
});

test('a running pod stops within its grace period, and at once when told so', async () => {
  const [name] = await startWeb(1);
  const answer = await remove(`${pods}/${name}`);
  expect(answer.body).toMatchObject({
    kind: 'Pod',
    metadata: { deletionGracePeriodSeconds: 30, deletionTimestamp: expect.any(String) },
  });
  const forced = await remove(`${pods}/${name}`, { gracePeriodSeconds: 0 });
  expect(forced.status).toBe(200);
  expect((await get(`${pods}/${name}`)).status).toBe(404);
});

test('an eviction is refused with 429 while the disruption budget does not allow it', async () => {
  const [name] = await startWeb(2);
  await post('/apis/policy/v1/namespaces/shop/poddisruptionbudgets', {
    metadata: { name: 'web' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
  });
  await sandbox.advance(1_000);
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } };
  const refused = await post(`${pods}/${name}/eviction`, eviction);
  expect(refused.body).toMatchObject({
    code: 429,
    reason: 'TooManyRequests',
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: 'The disruption budget web needs 2 healthy pods and has 2 currently',
        },
      ],
    },
  });
  await remove('/apis/policy/v1/namespaces/shop/poddisruptionbudgets/web');
  const dry = await post(`${pods}/${name}/eviction`, { ...eviction, deleteOptions: { dryRun: ['All'] } });
  expect(dry.body).toMatchObject({ status: 'Success', code: 201 });
  expect((await get(`${pods}/${name}`)).body).not.toHaveProperty('metadata.deletionTimestamp');
  const done = await post(`${pods}/${name}/eviction`, eviction);
  expect(done.status).toBe(201);
  expect((await get(`${pods}/${name}`)).body).toMatchObject({
    metadata: { deletionTimestamp: expect.any(String) },
    status: {
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }),
      ]),
    },
  });
});

test('a namespace that is deleted takes its content along and refuses anything new meanwhile', async () => {
  await post('/api/v1/namespaces', objectNamed('Namespace', 'short'));
  await sandbox.settled();
  await post('/api/v1/namespaces/short/configmaps', {
    metadata: { name: 'held', finalizers: ['example.com/hold'] },
  });
  await remove('/api/v1/namespaces/short');
  await sandbox.advance(oneHourMs);
  expect((await get('/api/v1/namespaces/short')).body).toMatchObject({ status: { phase: 'Terminating' } });
  const late = await post('/api/v1/namespaces/short/configmaps', objectNamed('ConfigMap', 'late'));
  expect(late.body).toMatchObject({ code: 403, details: { causes: [{ reason: 'NamespaceTerminating' }] } });
  await send(sandbox, {
    method: 'PATCH',
    path: '/api/v1/namespaces/short/configmaps/held',
    body: { metadata: { finalizers: null } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  await sandbox.advance(oneHourMs);
  expect((await get('/api/v1/namespaces/short')).status).toBe(404);
});

test('a definition makes its kind servable, and its deletion ends that', async () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const created = await post(definitions, {
    metadata: { name: 'things.demo.example' },
    spec: {
      group: 'demo.example',
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          subresources: { status: {} },
          additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        },
      ],
    },
  });
  expect(created.status).toBe(201);
  expect((await get(`${definitions}/things.demo.example`)).body).toMatchObject({
    status: {
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Established', status: 'True' })]),
    },
  });
  const things = '/apis/demo.example/v1/namespaces/shop/things';
  const thing = await post(things, {
    metadata: { name: 'one' },
    spec: { size: 3, anything: { goes: [1] } },
    status: { a: 1 },
  });
  expect(thing.body).toMatchObject({
    apiVersion: 'demo.example/v1',
    kind: 'Thing',
    metadata: { generation: 1 },
    spec: { size: 3 },
  });
  expect(thing.body).not.toHaveProperty('status');
  const table = await send(sandbox, {
    path: things,
    headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
  });
  expect(table.body).toMatchObject({
    columnDefinitions: [{ name: 'Name' }, { name: 'Size' }],
    rows: [{ cells: ['one', 3] }],
  });
  const list = await get(things);
  expect(list.body).toMatchObject({
    kind: 'ThingList',
    items: [{ apiVersion: 'demo.example/v1', kind: 'Thing' }],
  });
  const document = await get('/openapi/v3/apis/demo.example/v1');
  expect(document.text).toContain('"kind":"Thing"');
  const merged = await send(sandbox, {
    method: 'PATCH',
    path: `${things}/one`,
    body: {},
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
  });
  expect(merged.status).toBe(415);
  const named = await post(things, { metadata: { name: 'not/a/name' } });
  expect(named.body).toMatchObject({ code: 422, details: { causes: [{ field: 'metadata.name' }] } });
  await remove(`${definitions}/things.demo.example`);
  await sandbox.settled();
  expect((await get(things)).status).toBe(404);
  expect(sandbox.cluster.state.list('demo.example/things')).toEqual([]);
});

test('a dry run answers as the write would and leaves nothing', async () => {
  const before = sandbox.cluster.state.revision;
  const made = await post(`${deployments}?dryRun=All`, web(1));
  expect(made.body).toMatchObject({ kind: 'Deployment', metadata: { uid: expect.any(String) } });
  expect(made.body).not.toHaveProperty('metadata.resourceVersion');
  const gone = await remove('/api/v1/nodes/n1?dryRun=All');
  expect(gone.body).toMatchObject({ status: 'Success' });
  expect(sandbox.cluster.state.revision).toBe(before);
});

test('generateName makes names that differ, and services get addresses and ports that differ', async () => {
  const make = (): Promise<Answer> =>
    post('/api/v1/namespaces/shop/services', {
      metadata: { generateName: 'svc-' },
      spec: { type: 'NodePort', ports: [{ port: 80 }], selector: { app: 'web' } },
    });
  const made = (await Promise.all([make(), make(), make()])).map(
    each =>
      each.body as { metadata: { name: string }; spec: { clusterIP: string; ports: { nodePort: number }[] } },
  );
  for (const { metadata } of made) expect(metadata.name).toMatch(/^svc-[a-z0-9]{5}$/);
  expect(new Set(made.map(each => each.metadata.name)).size).toBe(3);
  expect(new Set(made.map(each => each.spec.clusterIP)).size).toBe(3);
  expect(new Set(made.map(each => each.spec.ports[0]?.nodePort)).size).toBe(3);
});

test('a secret written as text is stored as base64 alone', async () => {
  const made = await post('/api/v1/namespaces/shop/secrets', {
    metadata: { name: 's' },
    stringData: { a: 'héllo' },
  });
  expect(made.body['data']).toEqual({ a: Buffer.from('héllo').toString('base64') });
  expect(made.body).not.toHaveProperty('stringData');
});
