import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import type { Ask } from '../sandbox/same/ask.ts';
import { askServer } from './support/ask-server.ts';
import { type Cluster, deploymentOf, describeOnCluster, startCluster } from './support/on-cluster.ts';

// What controllers make of the same objects, once nothing moves any more: statuses, owners, revisions and table cells of
// the sandbox against those of the real controllers (their kubelets are a stand-in).

const world = `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: stand-in-1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
objects: []
`;
const spaced = '/namespaces/life';
const deployments = `/apis/apps/v1${spaced}/deployments`;
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
const merge = { 'content-type': 'application/merge-patch+json' };
// Longer than a rollout of both takes on a busy machine; a test that waits this long has failed.
const settleMs = 60_000;

interface Reading {
  name: string;
  path: string;
  as?: 'table';
}

const readings: Reading[] = [
  { name: 'the Deployment', path: `${deployments}/web` },
  { name: 'its ReplicaSets', path: `/apis/apps/v1${spaced}/replicasets` },
  { name: 'Deployments as a table', path: deployments, as: 'table' },
  { name: 'ReplicaSets as a table', path: `/apis/apps/v1${spaced}/replicasets`, as: 'table' },
  { name: 'its pods as a table', path: `/api/v1${spaced}/pods`, as: 'table' },
  { name: 'the budget', path: `/apis/policy/v1${spaced}/poddisruptionbudgets/web` },
  { name: 'budgets as a table', path: `/apis/policy/v1${spaced}/poddisruptionbudgets`, as: 'table' },
];

describeOnCluster('what controllers make of the same objects', binaries => {
  let cluster: Cluster;
  let sandbox: Sandbox;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    sandbox = await startSandbox({ world: parseWorld(world, 'life') });
    await both({
      name: 'namespace',
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { metadata: { name: 'life' } },
    });
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    };
    await both({
      name: 'budget',
      method: 'POST',
      path: `/apis/policy/v1${spaced}/poddisruptionbudgets`,
      body: budget,
    });
  });
  afterAll(async () => {
    await sandbox.close();
    await cluster.stop();
  });

  async function both(asked: Ask): Promise<void> {
    const answers = await Promise.all([askServer(cluster, asked), askServer(sandbox, asked)]);
    expect(answers.map(({ status }) => status)).toEqual([answers[0].status, answers[0].status]);
  }

  /** Reads one place of both until they say the same, and holds them to it. */
  async function alike({ path, as }: Reading): Promise<void> {
    const asked = {
      name: path,
      method: 'GET',
      path: as === 'table' ? `${path}?includeObject=None` : path,
      ...(as === 'table' ? { headers: table } : {}),
    };
    const end = Date.now() + settleMs;
    for (;;) {
      const [real, simulated] = await Promise.all([askServer(cluster, asked), askServer(sandbox, asked)]);
      const pair = [comparable(real), comparable(simulated)];
      if (JSON.stringify(pair[0]) === JSON.stringify(pair[1])) return;
      if (Date.now() > end) return expect(pair[1]).toEqual(pair[0]);
      await sleep(250);
    }
  }

  test('a StatefulSet, a DaemonSet and a Service that were made', async () => {
    const { spec } = deploymentOf('db') as { spec: JsonObject };
    const apps = `/apis/apps/v1${spaced}`;
    const { replicas: _none, ...perNode } = spec;
    const made: [path: string, body: JsonObject][] = [
      [`${apps}/statefulsets`, { kind: 'StatefulSet', spec: { ...spec, serviceName: 'db' } }],
      [`${apps}/daemonsets`, { kind: 'DaemonSet', spec: perNode }],
    ];
    for (const [path, more] of made) {
      const body = { apiVersion: 'apps/v1', metadata: { name: 'db' }, ...more };
      await both({ name: path, method: 'POST', path, body });
      await alike({ name: path, path: `${path}/db` });
      await alike({ name: path, path, as: 'table' });
    }
    const services = `/api/v1${spaced}/services`;
    const body = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'db' },
      spec: { selector: { app: 'db' }, ports: [{ port: 80 }] },
    };
    await both({ name: 'service', method: 'POST', path: services, body });
    await alike({ name: 'service', path: services, as: 'table' });
    await alike({ name: 'pods', path: `/api/v1${spaced}/pods`, as: 'table' });
    await alike({ name: 'slices', path: `/apis/discovery.k8s.io/v1${spaced}/endpointslices` });
  });

  test.each([
    ['made', { method: 'POST', path: deployments, body: deploymentOf('web') as JsonObject }],
    [
      'scaled',
      { method: 'PATCH', path: `${deployments}/web`, headers: merge, body: { spec: { replicas: 3 } } },
    ],
    [
      'rolled out anew',
      {
        method: 'PATCH',
        path: `${deployments}/web`,
        headers: merge,
        body: { spec: { template: { metadata: { annotations: { again: '1' } } } } },
      },
    ],
    [
      'stopped',
      { method: 'PATCH', path: `${deployments}/web`, headers: merge, body: { spec: { replicas: 0 } } },
    ],
  ])('a Deployment that was %s', async (name, asked) => {
    await both({ name, ...asked });
    for (const reading of readings) await alike(reading);
  });

  test('who reported the revision of a Deployment, and by which door', async () => {
    const asked = { name: 'web', method: 'GET', path: `${deployments}/web` };
    const [real, simulated] = await Promise.all([askServer(cluster, asked), askServer(sandbox, asked)]);
    const reported = { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status' };
    expect(metadataWrites(real)).toContainEqual({
      ...reported,
      metadata: { 'f:annotations': { '.': {}, 'f:deployment.kubernetes.io/revision': {} } },
    });
    expect(metadataWrites(simulated)).toEqual(metadataWrites(real));
  });
});

/** Who wrote what of an object's metadata. */
function metadataWrites({ body }: JsonObject): JsonObject[] {
  const metadata = isObject(body) && isObject(body['metadata']) ? body['metadata'] : {};
  const writes = Array.isArray(metadata['managedFields']) ? metadata['managedFields'].filter(isObject) : [];
  return writes
    .map(({ manager, operation, subresource, fieldsV1 }) => ({
      manager,
      operation,
      subresource,
      metadata: isObject(fieldsV1) ? fieldsV1['f:metadata'] : undefined,
    }))
    .toSorted(byText);
}

// What each cluster draws for itself, and counts of writes, of which some take more for the same.
const drawn = new Set([
  'pod-template-hash',
  'observedGeneration',
  'generation',
  'resourceVersion',
  'managedFields',
]);

// The sandbox counts no terminating pods in a status, as older servers do not, and keeps no time of what moved a slice.
const leftOut = new Set(['terminatingReplicas', 'endpoints.kubernetes.io/last-change-trigger-time']);

function comparable(value: Json | undefined): Json {
  if (typeof value === 'string') return withoutDrawn(value);
  if (Array.isArray(value)) {
    const items = value.map(comparable);
    // Cells have an order of their own, objects that of their names.
    return items.every(isObject) ? items.toSorted(byText) : items;
  }
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !leftOut.has(key) && !(isObject(item) && saysNothing(item)))
      .filter(([key, item]) => !(key.startsWith('serviceAccount') && item === 'default'))
      .map(([key, item]) => [key, drawn.has(key) ? 'DRAWN' : comparable(item)]),
  );
}

function saysNothing(members: JsonObject): boolean {
  const keys = Object.keys(members);
  return keys.length > 0 && keys.every(key => leftOut.has(key));
}

function byText(left: Json, right: Json): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

function withoutDrawn(text: string): string {
  if (/^\d+[sm]\d*s?$/.test(text)) return 'AGE';
  return text
    .replaceAll(/\b10\.\d+\.\d+\.\d+\b/g, 'ADDRESS')
    .replaceAll(/pod-template-hash=\w+/g, 'pod-template-hash=DRAWN')
    .replaceAll(/\b(web|db)-[a-z0-9]{5,10}(-[a-z0-9]{5})?\b/g, '$1-DRAWN');
}
