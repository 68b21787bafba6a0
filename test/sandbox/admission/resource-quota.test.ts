import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { type Answer, objectNamed, send, startShop } from '../../support/sandbox-client.ts';

// The words are those of a real API server (1.36.2) for the same requests.

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startShop();
});
afterEach(() => sandbox.close());

const inShop = '/api/v1/namespaces/shop';

async function limit(name: string, spec: JsonObject): Promise<void> {
  const body = objectNamed('ResourceQuota', name, { spec });
  const answer = await send(sandbox, { method: 'POST', path: `${inShop}/resourcequotas`, body });
  expect(answer.status).toBe(201);
  await sandbox.settled();
}

async function statusOf(name: string): Promise<unknown> {
  await sandbox.settled();
  return (await send(sandbox, { path: `${inShop}/resourcequotas/${name}` })).body['status'];
}

function create(plural: string, body: KubeObject, more = ''): Promise<Answer> {
  return send(sandbox, { method: 'POST', path: `${inShop}/${plural}${more}`, body });
}

function pod(name: string, spec: JsonObject): KubeObject {
  return objectNamed('Pod', name, { spec: { containers: [{ name: 'c', image: 'x' }], ...spec } });
}

function asking(name: string, resources: JsonObject): KubeObject {
  return pod(name, { containers: [{ name: 'c', image: 'x', resources }] });
}

const compute = { 'requests.cpu': '1', 'limits.memory': '1Gi', pods: '3', cpu: '1' };

test.each<[string, KubeObject, string]>([
  [
    'that asks for nothing',
    pod('p', {}),
    'failed quota: compute: must specify cpu for: c; limits.memory for: c; requests.cpu for: c',
  ],
  [
    'whose containers differ',
    pod('p', {
      containers: [
        { name: 'a', image: 'x', resources: { requests: { cpu: '1' } } },
        { name: 'b', image: 'x' },
      ],
      initContainers: [{ name: 'i', image: 'x' }],
    }),
    'failed quota: compute: must specify cpu for: b,i; limits.memory for: a,b,i; requests.cpu for: b,i',
  ],
  [
    'that asks for too much',
    asking('p', { requests: { cpu: '1500m' }, limits: { memory: '2Gi' } }),
    'exceeded quota: compute, requested: cpu=1500m,limits.memory=2Gi,requests.cpu=1500m, used: cpu=0,limits.memory=0,requests.cpu=0, limited: cpu=1,limits.memory=1Gi,requests.cpu=1',
  ],
])('a pod %s is refused', async (_what, body, why) => {
  await limit('compute', { hard: compute });
  const answer = await create('pods', body);
  expect(answer.body).toMatchObject({ code: 403, message: `pods "p" is forbidden: ${why}` });
});

test('what is let in is used, what is gone or has ended is free again', async () => {
  await limit('compute', { hard: compute });
  const half = { requests: { cpu: '500m' }, limits: { memory: '512Mi' } };
  expect((await create('pods', asking('one', half))).status).toBe(201);
  expect(await statusOf('compute')).toEqual({
    hard: compute,
    used: { 'requests.cpu': '500m', 'limits.memory': '512Mi', pods: '1', cpu: '500m' },
  });
  const more = { requests: { cpu: '600m' }, limits: { memory: '1Mi' } };
  const refused = await create('pods', asking('two', more));
  expect(refused.body['message']).toContain(
    'requested: cpu=600m,requests.cpu=600m, used: cpu=500m,requests.cpu=500m, limited: cpu=1,requests.cpu=1',
  );
  await send(sandbox, { method: 'DELETE', path: `${inShop}/pods/one?gracePeriodSeconds=0` });
  await sandbox.settled();
  expect((await create('pods', asking('two', more))).status).toBe(201);
});

test('a quota refuses before the name is found taken, and a try uses nothing', async () => {
  await limit('compute', { hard: compute });
  const all = { requests: { cpu: '1' }, limits: { memory: '1Gi' } };
  for (const _ of [1, 2]) expect((await create('pods', asking('p', all), '?dryRun=All')).status).toBe(201);
  expect((await create('pods', asking('p', all))).status).toBe(201);
  expect((await create('pods', asking('p', all))).body['reason']).toBe('Forbidden');
});

test('of twenty at once only as many get in as there is room for', async () => {
  await limit('three', { hard: { pods: '3', 'count/configmaps': '4' } });
  const pods = await Promise.all(
    Array.from({ length: 20 }, (_, index) => create('pods', pod(`p${index}`, {}))),
  );
  expect(pods.filter(answer => answer.status === 201)).toHaveLength(3);
  // One is the namespace's own.
  const maps = await Promise.all(
    Array.from({ length: 20 }, (_, index) => create('configmaps', objectNamed('ConfigMap', `c${index}`))),
  );
  expect(maps.filter(answer => answer.status === 201)).toHaveLength(3);
  expect(await statusOf('three')).toMatchObject({ used: { pods: '3', 'count/configmaps': '4' } });
});

test('controllers get in no more than people, and say what kept them out', async () => {
  await limit('two', { hard: { pods: '2' } });
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'r' },
    spec: { replicas: 5, selector: { matchLabels: { a: 'b' } }, template },
  };
  await send(sandbox, { method: 'POST', path: '/apis/apps/v1/namespaces/shop/replicasets', body });
  await sandbox.settled();
  const list = await send(sandbox, { path: `${inShop}/pods` });
  expect(list.body['items']).toHaveLength(2);
  const events = await send(sandbox, { path: `${inShop}/events?fieldSelector=reason=FailedCreate` });
  expect(events.text).toContain('exceeded quota: two, requested: pods=1, used: pods=2, limited: pods=2');
});

const service = (name: string, type: string): KubeObject =>
  objectNamed('Service', name, { spec: { type, ports: [{ port: 80 }] } });
const claim = (name: string, storageClassName: string): KubeObject =>
  objectNamed('PersistentVolumeClaim', name, {
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '2Gi' } } },
  });

test.each<[string, string, JsonObject, KubeObject, string]>([
  [
    'a port on the nodes',
    'services',
    { 'services.nodeports': '0' },
    service('s', 'NodePort'),
    'services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0',
  ],
  [
    'a balancer',
    'services',
    { 'services.loadbalancers': '0' },
    service('s', 'LoadBalancer'),
    'services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0',
  ],
  [
    'storage of a class',
    'persistentvolumeclaims',
    { 'fast.storageclass.storage.k8s.io/requests.storage': '1Gi' },
    claim('s', 'fast'),
    'fast.storageclass.storage.k8s.io/requests.storage=2Gi, used: fast.storageclass.storage.k8s.io/requests.storage=0, limited: fast.storageclass.storage.k8s.io/requests.storage=1Gi',
  ],
  [
    'a claim too many',
    'persistentvolumeclaims',
    { persistentvolumeclaims: '0' },
    claim('s', 'slow'),
    'persistentvolumeclaims=1, used: persistentvolumeclaims=0, limited: persistentvolumeclaims=0',
  ],
  [
    'a secret',
    'secrets',
    { secrets: '0' },
    objectNamed('Secret', 's'),
    'secrets=1, used: secrets=0, limited: secrets=0',
  ],
])('%s is refused', async (_what, plural, hard, body, why) => {
  await limit('q', { hard });
  expect((await create(plural, body)).body['message']).toBe(
    `${plural} "s" is forbidden: exceeded quota: q, requested: ${why}`,
  );
});

test('a service that grows is counted, and deployments by their group', async () => {
  await limit('q', { hard: { 'services.nodeports': '0', 'count/deployments.apps': '0' } });
  expect((await create('services', service('s', 'ClusterIP'))).status).toBe(201);
  const grown = await send(sandbox, {
    method: 'PATCH',
    path: `${inShop}/services/s`,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { spec: { type: 'NodePort' } },
  });
  expect(grown.body['message']).toContain('exceeded quota: q, requested: services.nodeports=1');
  const deployment = await send(sandbox, {
    method: 'POST',
    path: '/apis/apps/v1/namespaces/shop/deployments',
    body: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
      },
    },
  });
  expect(deployment.body['message']).toBe(
    'deployments.apps "d" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0',
  );
});

test.each<[string, JsonObject, JsonObject, boolean]>([
  ['BestEffort counts what asks for nothing', { scopes: ['BestEffort'] }, {}, true],
  ['and nothing else', { scopes: ['BestEffort'] }, { resources: { requests: { cpu: '1' } } }, false],
  ['NotBestEffort the rest', { scopes: ['NotBestEffort'] }, { resources: { requests: { cpu: '1' } } }, true],
  ['Terminating what has a deadline', { scopes: ['Terminating'] }, { activeDeadlineSeconds: 5 }, true],
  ['NotTerminating what has none', { scopes: ['NotTerminating'] }, { activeDeadlineSeconds: 5 }, false],
  [
    'a class counts its own',
    {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }],
      },
    },
    { priorityClassName: 'system-node-critical' },
    true,
  ],
  [
    'and no other',
    {
      scopeSelector: {
        matchExpressions: [
          { scopeName: 'PriorityClass', operator: 'NotIn', values: ['system-node-critical'] },
        ],
      },
    },
    { priorityClassName: 'system-node-critical' },
    false,
  ],
])('scopes: %s', async (_what, scope, spec, counts) => {
  await limit('q', { hard: { pods: '0' }, ...scope });
  expect((await create('pods', pod('p', spec))).status).toBe(counts ? 403 : 201);
});
