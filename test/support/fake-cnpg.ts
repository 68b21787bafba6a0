import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, listOf, memberOf, textOf } from '../../src/core/json.ts';
import type { ApiCaller } from '../cluster/support/api-caller.ts';

const group = '/apis/postgresql.cnpg.io/v1';
const pollMs = 30;

/** What the fake does next; a test changes it as it goes. */
interface FakePlan {
  backup: 'completes' | 'fails' | 'is invalid' | 'says too little' | 'goes on' | 'is not taken up';
  /** What a Cluster that has recovered names as its primary. Absent: its own pod. */
  primary?: string;
  cluster: 'recovers' | 'is unrecoverable' | 'gives up' | 'is invalid' | 'goes on' | 'is not taken up';
}

export interface FakeOperator {
  plan: FakePlan;
  /** Backups and Clusters that it has met, in their order. */
  seen: string[];
  stop(): Promise<void>;
}

/** Definitions as small as they can be: what the real ones check, no test here proves. */
export const cnpgDefinitions = ['Backup', 'Cluster', 'ScheduledBackup'].map(kind => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.postgresql.cnpg.io` },
  spec: {
    group: 'postgresql.cnpg.io',
    scope: 'Namespaced',
    names: {
      kind,
      listKind: `${kind}List`,
      plural: `${kind.toLowerCase()}s`,
      singular: kind.toLowerCase(),
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: Object.fromEntries(
              ['spec', 'status'].map(key => [
                key,
                { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              ]),
            ),
          },
        },
        subresources: { status: {} },
      },
    ],
  },
}));

/** The Cluster that is backed up. */
export function sourceCluster(spec: JsonObject = {}): object {
  return {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Cluster',
    metadata: { name: 'shop-db', namespace: 'shop' },
    spec: {
      instances: 3,
      storage: { size: '10Gi', storageClass: 'fast' },
      resources: { requests: { cpu: '500m', memory: '1Gi' } },
      postgresql: { parameters: { max_connections: '200' }, pg_hba: ['host all all 10.0.0.0/8 md5'] },
      backup: { barmanObjectStore: { destinationPath: 's3://backups/' }, retentionPolicy: '30d' },
      ...spec,
    },
  };
}

/**
 * Stands in for CloudNativePG, of which nothing here can run: it writes into statuses what the operator's documentation
 * says it writes, and owns a claim and a pod for each Cluster. No database of it is real. `collects`: it deletes what a
 * Cluster owned, too, where nobody else does: the sandbox's collector looks at no owner of a custom kind.
 */
export function startFakeOperator(call: ApiCaller, { collects }: { collects?: true } = {}): FakeOperator {
  const planned: FakePlan = { backup: 'completes', cluster: 'recovers' };
  const seen: string[] = [];
  const stopped = new AbortController();
  const done = (async () => {
    while (!stopped.signal.aborted) {
      for (const [plural, work] of [
        ['backups', workOnBackup],
        ['clusters', workOnCluster],
      ] as const) {
        const { body } = await call({ method: 'GET', path: `${group}/namespaces/shop/${plural}` });
        for (const object of listOf(body, 'items')) {
          const name = `${plural}/${textOf(memberOf(object, 'metadata'), 'name')}`;
          if (!seen.includes(name)) seen.push(name);
          const deleted = memberOf(object, 'metadata')?.['deletionTimestamp'] !== undefined;
          if (deleted && collects === true) await collect(object, plural, call);
          else await work(object, { call, plan: planned });
        }
      }
      await sleep(pollMs);
    }
  })();
  return {
    plan: planned,
    seen,
    stop: async () => {
      stopped.abort();
      await done;
    },
  };
}

interface Working {
  call: ApiCaller;
  plan: FakePlan;
}

async function tell(
  object: JsonObject,
  plural: string,
  { call, status }: { call: ApiCaller; status: object },
) {
  const name = textOf(memberOf(object, 'metadata'), 'name');
  await call({
    method: 'PATCH',
    path: `${group}/namespaces/shop/${plural}/${name}/status`,
    contentType: 'application/merge-patch+json',
    body: { status },
  });
}

async function workOnBackup(backup: JsonObject, { call, plan }: Working): Promise<void> {
  const phase = textOf(memberOf(backup, 'status'), 'phase');
  if (['completed', 'failed', 'invalid backup definition'].includes(phase)) return;
  const say = (status: object): Promise<void> => tell(backup, 'backups', { call, status });
  if (phase === '' && plan.backup !== 'is not taken up') return say({ phase: 'running', startedAt: now() });
  switch (plan.backup) {
    case 'goes on':
    case 'is not taken up':
      return;
    case 'fails':
      return say({ phase: 'failed', error: 'exit status 4: no such bucket \u001b[31mred' });
    case 'is invalid':
      return say({ phase: 'invalid backup definition', error: 'no backup section' });
    case 'says too little':
      return say({ phase: 'completed', stoppedAt: now() });
    case 'completes':
      return say({
        phase: 'completed',
        stoppedAt: now(),
        backupId: '20260101T030000',
        destinationPath: 's3://backups/',
        serverName: 'shop-db',
        beginLSN: '0/2000028',
        endLSN: '0/2000100',
        majorVersion: 15,
        s3Credentials: { accessKeyId: { name: 'aws', key: 'id' } },
        snapshotBackupStatus: { elements: [{ name: 'snap-1', type: 'PG_DATA' }] },
      });
  }
}

async function workOnCluster(cluster: JsonObject, { call, plan }: Working): Promise<void> {
  const metadata = memberOf(cluster, 'metadata') ?? {};
  const phase = textOf(memberOf(cluster, 'status'), 'phase');
  if (phase === 'Cluster in healthy state' || metadata['deletionTimestamp'] !== undefined) return;
  const recovers = memberOf(memberOf(cluster, 'spec'), 'bootstrap') !== undefined;
  const say = (status: object): Promise<void> => tell(cluster, 'clusters', { call, status });
  if (recovers && plan.cluster === 'is not taken up') return;
  if (phase === '') {
    await own(cluster, call);
    return say({ phase: 'Setting up primary', readyInstances: 0 });
  }
  const name = textOf(metadata, 'name');
  if (!recovers || plan.cluster === 'recovers') {
    const pod = await call({ method: 'GET', path: `/api/v1/namespaces/shop/pods/${name}-1` });
    if (textOf(memberOf(pod.body, 'status'), 'phase') !== 'Running') return undefined;
    return say({
      phase: 'Cluster in healthy state',
      readyInstances: recovers ? 1 : 3,
      currentPrimary: (recovers ? plan.primary : undefined) ?? `${name}-1`,
      image: 'postgresql:15.18',
    });
  }
  if (plan.cluster === 'is unrecoverable')
    return say({ phase: 'Cluster is unrecoverable and needs manual intervention', phaseReason: 'no data' });
  if (plan.cluster === 'is invalid')
    return say({ phase: 'Invalid cluster definition', phaseReason: 'no image' });
  if (plan.cluster === 'gives up') await failJob(cluster, call);
}

async function collect(object: JsonObject, plural: string, call: ApiCaller): Promise<void> {
  const name = textOf(memberOf(object, 'metadata'), 'name');
  for (const owned of ['pods', 'persistentvolumeclaims'])
    await call({ method: 'DELETE', path: `/api/v1/namespaces/shop/${owned}/${name}-1` });
  await call({
    method: 'PATCH',
    path: `${group}/namespaces/shop/${plural}/${name}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { finalizers: null } },
  });
}

function ownedBy(cluster: JsonObject): object {
  const metadata = memberOf(cluster, 'metadata');
  const name = textOf(metadata, 'name');
  const owner = { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', name, uid: textOf(metadata, 'uid') };
  return {
    name: `${name}-1`,
    labels: { 'cnpg.io/cluster': name },
    ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
  };
}

async function own(cluster: JsonObject, call: ApiCaller): Promise<void> {
  await call({
    method: 'POST',
    path: '/api/v1/namespaces/shop/persistentvolumeclaims',
    body: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: ownedBy(cluster),
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  });
  await call({
    method: 'POST',
    path: '/api/v1/namespaces/shop/pods',
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: ownedBy(cluster),
      // What takes long to end is not what is tested here.
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'postgres', image: 'shop/web:1' }] },
    },
  });
}

/** A recovery Job whose pods failed until it gave up; no controller works on one that is suspended. */
async function failJob(cluster: JsonObject, call: ApiCaller): Promise<void> {
  const metadata = ownedBy(cluster);
  const path = '/apis/batch/v1/namespaces/shop/jobs';
  const template = {
    spec: { restartPolicy: 'Never', containers: [{ name: 'recovery', image: 'shop/web:1:fails' }] },
  };
  await call({
    method: 'POST',
    path,
    body: { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: 0, template } },
  });
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+/, '');
}
