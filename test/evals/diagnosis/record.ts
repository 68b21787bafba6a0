import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, constants } from 'node:zlib';
import { isObject, type JsonObject, objectsIn, textIn } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { ApiCaller } from '../../cluster/support/api-caller.ts';
import { findBinaries } from '../../cluster/support/binaries.ts';
import { startControlPlane } from '../../cluster/support/control-plane.ts';
import { neighbours, nodeNames, nodeOf, systemObjects } from './base.ts';
import { definitions } from './definitions.ts';
import { faults } from './faults/index.ts';
import { type Life, well } from './lives.ts';
import { object } from './objects.ts';
import { pathOf } from './paths.ts';
import { type RecordedLine, recordedFile, recordedPlace } from './recorded-worlds.ts';
import type { Fault, Planted, Step } from './world.ts';

/*
 * Plants every fault that a real API server, its controllers and its scheduler can show, each in a namespace of its own,
 * and keeps what they made of it. No kubelet runs: what one would say of a pod is written for it, as in the dumps.
 * `node test/evals/diagnosis/record.ts`; takes about twelve minutes, most of it until controllers have given up.
 */

// Longer than what any rule waits for before it calls something stuck, the progress deadline among them.
const playMs = Number(process.env['PLAY_SECONDS'] ?? 600) * 1_000;
const kubeletMs = 1_000;
const leaseMs = 10_000;

const listed: readonly [apiVersion: string, kind: string][] = [
  ...[
    'Node',
    'Namespace',
    'Pod',
    'Service',
    'ConfigMap',
    'Secret',
    'ServiceAccount',
    'Event',
    'ResourceQuota',
    'LimitRange',
    'PersistentVolume',
    'PersistentVolumeClaim',
  ].map((kind): [string, string] => ['v1', kind]),
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ControllerRevision'].map(
    (kind): [string, string] => ['apps/v1', kind],
  ),
  ...['Job', 'CronJob'].map((kind): [string, string] => ['batch/v1', kind]),
  ...['Ingress', 'IngressClass', 'NetworkPolicy'].map((kind): [string, string] => [
    'networking.k8s.io/v1',
    kind,
  ]),
  ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].map((kind): [string, string] => [
    'rbac.authorization.k8s.io/v1',
    kind,
  ]),
  ['discovery.k8s.io/v1', 'EndpointSlice'],
  ['storage.k8s.io/v1', 'StorageClass'],
  ['storage.k8s.io/v1', 'CSIDriver'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['scheduling.k8s.io/v1', 'PriorityClass'],
  ['coordination.k8s.io/v1', 'Lease'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['apiregistration.k8s.io/v1', 'APIService'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  ...['GatewayClass', 'Gateway', 'HTTPRoute'].map((kind): [string, string] => [
    'gateway.networking.k8s.io/v1',
    kind,
  ]),
];

/** All faults stand on the same nodes at once. */
const room = { cpu: '40', memory: '256Gi', pods: '1000', 'ephemeral-storage': '94Gi' };
const roomy = { capacity: room, allocatable: room };
const merge = 'application/merge-patch+json';
const binaries = findBinaries();
if (binaries === undefined) throw new Error('no control plane is installed here');
const plane = await startControlPlane(binaries);
const call: ApiCaller = plane.call;
const logs = new Map<string, { lines: string[]; previous: boolean }>();
const plans = new Map<string, Planted>();
const counted = new Map<string, number>();
const seen = new Map<string, { life: Life; bornMs: number }>();
const stopped = new AbortController();

const chosen = faults.filter(({ ways = ['recorded'] }) => ways.includes('recorded'));
try {
  await startNodes();
  const kubelet = keepPods();
  await createAll(
    [...definitions(), ...systemObjects([])].filter(
      each => each.kind !== 'APIService' && each.kind !== 'EndpointSlice',
    ),
  );
  await sleep(5_000);
  await createAll(definitions());
  const together = chosen.filter(({ alone }) => alone !== true);
  for (const fault of together) await plant(fault);
  say(`${together.length} faults planted; playing for ${playMs / 1_000} s`);
  await sleep(playMs);
  await tellAll();
  await sleep(15_000);
  const lines = dumpLines(await listAll(), together);
  for (const fault of chosen.filter(({ alone }) => alone === true)) {
    await plant(fault);
    await sleep(20_000);
    lines.push(...dumpLines(await listAll(), [fault]).slice(1));
  }
  stopped.abort();
  await kubelet;
  const plain = Buffer.from(lines.map(line => JSON.stringify(line)).join('\n'));
  const text = brotliCompressSync(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  writeFileSync(recordedFile, text);
  say(`${lines.length - 1} worlds, ${text.length} bytes`);
} finally {
  stopped.abort();
  await plane.stop();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function startNodes(): Promise<void> {
  for (const name of nodeNames) {
    for (const each of nodeOf(name, { status: roomy }, Date.now())) {
      const { status, ...declared } = each;
      delete declared.metadata.uid;
      delete declared.metadata.creationTimestamp;
      await call({ method: 'POST', path: pathOf(each), body: declared });
      if (status !== undefined)
        await call({
          method: 'PATCH',
          path: `${pathOf(each)}/${name}/status`,
          contentType: merge,
          body: { status },
        });
    }
  }
}

async function createAll(objects: readonly KubeObject[]): Promise<void> {
  for (const each of objects) {
    const { status: _status, ...declared } = structuredClone(each);
    // Each server has addresses of its own.
    if (textIn(declared.spec?.['clusterIP']).includes('.')) delete declared.spec?.['clusterIP'];
    if (each.kind === 'Service' && each.metadata.name === 'kubernetes') continue;
    const answer = await call({ method: 'POST', path: pathOf(each), body: declared });
    if (answer.status >= 300 && answer.status !== 409)
      say(
        `${each.kind}/${each.metadata.name} in ${each.metadata.namespace}: ${answer.status} ${textIn(answer.body['message'])}`,
      );
  }
}

async function plant(fault: Fault): Promise<void> {
  const at = recordedPlace(fault.name);
  const planted = fault.plant(at);
  plans.set(at.namespace, planted);
  await createAll([object(undefined, 'Namespace', at.namespace)]);
  // The account that every pod runs as is made by a controller, a moment later.
  await sleep(300);
  await createAll([...planted.objects, ...(fault.alone === true ? [] : neighbours(at))]);
  for (const [name, { status }] of Object.entries(planted.nodes ?? {}))
    await call({
      method: 'PATCH',
      path: `/api/v1/nodes/${name}/status`,
      contentType: merge,
      body: { status },
    });
  for (const step of planted.after ?? []) await take(step);
}

async function take({ do: what, target, patch, waitSeconds = 0, objects = [] }: Step): Promise<void> {
  if (what === 'wait') {
    await sleep(Math.min(waitSeconds, 15) * 1_000);
    return;
  }
  if (what === 'create') return createAll(objects);
  if (target === undefined) return;
  const { namespace, kind, name, apiVersion } = target;
  const path = `${pathOf(object(namespace === undefined ? undefined : { namespace }, kind, name, { apiVersion }))}/${name}`;
  await call(
    what === 'delete'
      ? { method: 'DELETE', path }
      : { method: 'PATCH', path, contentType: merge, body: patch },
  );
}

/** Says of every bound pod how it fares, lets go what is to go, and keeps the nodes' leases. */
async function keepPods(): Promise<void> {
  let renewedMs = 0;
  while (!stopped.signal.aborted) {
    if (Date.now() - renewedMs > leaseMs) {
      renewedMs = Date.now();
      for (const name of nodeNames)
        await call({
          method: 'PATCH',
          path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`,
          contentType: merge,
          body: { spec: { renewTime: new Date().toISOString().replace('Z', '000Z') } },
        });
    }
    for (const pod of await podsOf()) {
      const { uid = '', namespace = '', name, deletionTimestamp } = pod.metadata;
      if (textIn(pod.spec?.['nodeName']) === '') continue;
      if (deletionTimestamp !== undefined) {
        await call({
          method: 'DELETE',
          path: `/api/v1/namespaces/${namespace}/pods/${name}`,
          body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
        });
        continue;
      }
      if (seen.has(uid)) continue;
      seen.set(uid, { life: lifeOf(pod), bornMs: Date.now() });
      await tell(pod);
    }
    await sleep(kubeletMs);
  }
}

async function podsOf(): Promise<KubeObject[]> {
  const { body } = await call({ method: 'GET', path: '/api/v1/pods' });
  return objectsIn(body['items']).map(asObject);
}

function lifeOf({ metadata: { namespace = '', name } }: KubeObject): Life {
  const planted = plans.get(namespace);
  if (planted === undefined) return well;
  const at = recordedPlace(namespace);
  const base = Object.keys(planted.lives ?? {}).find(
    each => name === at.name(each) || name.startsWith(`${at.name(each)}-`),
  );
  if (base === undefined) return well;
  const most = planted.replaced?.[base] ?? Number.POSITIVE_INFINITY;
  const key = `${namespace}/${base}`;
  const before = counted.get(key) ?? 0;
  counted.set(key, before + 1);
  return before < most ? (planted.lives?.[base] ?? well) : well;
}

async function tell(pod: KubeObject, withEvents = false): Promise<void> {
  const { uid = '', namespace = '', name } = pod.metadata;
  const known = seen.get(uid);
  if (known === undefined) return;
  const { status, events, log } = known.life(pod, { nowMs: Date.now(), bornMs: known.bornMs });
  await call({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/status`,
    contentType: merge,
    body: { status },
  });
  if (log !== undefined)
    logs.set(`${namespace}/${name}/${log.container}`, { lines: log.lines, previous: log.previous });
  if (!withEvents) return;
  for (const [index, each] of events.entries()) {
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    await call({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/events`,
      body: {
        metadata: { name: `${name}.${index}`, namespace },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
        reason: each.reason,
        message: each.message,
        type: each.type ?? 'Warning',
        count: each.count ?? 3,
        firstTimestamp: now,
        lastTimestamp: now,
        source: { component: each.from ?? 'kubelet', host: textIn(pod.spec?.['nodeName']) },
      },
    });
  }
}

async function tellAll(): Promise<void> {
  for (const pod of await podsOf()) {
    const known = seen.get(pod.metadata.uid ?? '');
    if (known === undefined || known.life === well || pod.metadata.deletionTimestamp !== undefined) continue;
    if (['Failed', 'Succeeded'].includes(textIn(pod.status?.['phase']))) continue;
    await tell(pod, true);
  }
}

async function listAll(): Promise<KubeObject[]> {
  const all: KubeObject[] = [];
  for (const [apiVersion, kind] of listed) {
    const { body } = await call({
      method: 'GET',
      path: pathOf({ apiVersion, kind, metadata: { name: '' } }),
    });
    for (const item of objectsIn(body['items'])) all.push(asObject({ apiVersion, kind, ...item }));
  }
  return all;
}

function asObject(item: JsonObject): KubeObject {
  const metadata = isObject(item['metadata']) ? item['metadata'] : {};
  const { managedFields: _fields, ...kept } = metadata;
  // Each namespace has the same certificate, which says nothing.
  if (metadata['name'] === 'kube-root-ca.crt') item = { ...item, data: { 'ca.crt': 'pem' } };
  // The JSON border: a server's object.
  return { ...item, metadata: kept } as unknown as KubeObject;
}

/** What all worlds share, then a line a fault: what is in its namespace, and what it declared beside that. */
function dumpLines(all: readonly KubeObject[], planted: readonly Fault[]): RecordedLine[] {
  const namespaces = new Set(chosen.map(({ name }) => name));
  const takenAt = new Date().toISOString();
  const key = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.name}`;
  const ofFault = new Map(
    planted.flatMap(fault =>
      [...fault.plant(recordedPlace(fault.name)).objects, object(undefined, 'Namespace', fault.name)]
        .filter(({ metadata }) => metadata.namespace === undefined)
        .map(each => [key(each), fault.name] as const),
    ),
  );
  const declaredByFaults = new Set(
    chosen.flatMap(fault =>
      fault
        .plant(recordedPlace(fault.name))
        .objects.filter(({ metadata }) => metadata.namespace === undefined)
        .map(key),
    ),
  );
  const isBase = (each: KubeObject) =>
    each.metadata.namespace === undefined
      ? !declaredByFaults.has(key(each)) &&
        !(each.kind === 'Namespace' && namespaces.has(each.metadata.name)) &&
        isKept(each)
      : !namespaces.has(each.metadata.namespace) && isKept(each);
  return [
    { name: '', takenAt, objects: [...all.filter(isBase), ...missing(all)] },
    ...planted.map(fault => {
      const { nodes } = fault.plant(recordedPlace(fault.name));
      return {
        name: fault.name,
        takenAt,
        objects: all.filter(
          each =>
            each.metadata.namespace === fault.name ||
            ofFault.get(key(each)) === fault.name ||
            (declaredByFaults.has(key(each)) &&
              fault.plant(recordedPlace(fault.name)).objects.some(one => key(one) === key(each))) ||
            (nodes !== undefined && ['Node', 'Lease'].includes(each.kind)),
        ),
        logs: Object.fromEntries([...logs].filter(([place]) => place.startsWith(`${fault.name}/`))),
      };
    }),
  ];
}

/** A server on loopback tells no address of itself, which no endpoint may have. */
function missing(all: readonly KubeObject[]): KubeObject[] {
  if (all.some(({ kind, metadata }) => kind === 'EndpointSlice' && metadata.name === 'kubernetes')) return [];
  return systemObjects([]).filter(
    ({ kind, metadata }) => kind === 'EndpointSlice' && metadata.name === 'kubernetes',
  );
}

/** The server's own rights and flow control are its own: hundreds of objects that no fault concerns. */
function isKept({ kind, metadata: { name } }: KubeObject): boolean {
  if (kind === 'ClusterRole' || kind === 'ClusterRoleBinding' || kind === 'Role' || kind === 'RoleBinding')
    return ['cluster-admin', 'view', 'edit', 'admin'].includes(name);
  return kind !== 'APIService' || !name.endsWith('.k8s.io') || name === 'v1.apps';
}
