import type { JsonObject } from '../../src/core/json.ts';
import type { SnapshotData } from '../../src/diagnosis/snapshot.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';

const namespace = 'shop';
const takenAt = new Date('2026-11-21T12:00:00Z');
const old = '2026-11-20T12:00:00Z';
const podsOfOne = 10;
// Of so many workloads one has some fault: the work for what is wrong must not grow faster than what there is either.
const faultyEach = 20;

/**
 * All that is read of one namespace with so many pods, ten to a deployment, each with a service, a claim with its volume, a
 * stateful set and a budget beside it, and logs of the broken ones. Everything is in one place: what compares each with each
 * would show.
 */
export function oneNamespace(pods: number): SnapshotData {
  const objects: KubeObject[] = [];
  const logs = new Map<string, { lines: string[]; previous: boolean }>();
  for (let index = 0; index < pods / podsOfOne; index++) {
    const isFaulty = index % faultyEach === 0;
    objects.push(...workloadOf(index, { isFaulty }));
    if (isFaulty)
      for (let pod = 0; pod < podsOfOne; pod++)
        logs.set(`${namespace}/${nameOf(index)}-1-${pod}/main`, { lines: forbidden(index), previous: true });
  }
  return { takenAt, objects, events: [], logs };
}

function nameOf(index: number): string {
  return `app-${String(index).padStart(5, '0')}`;
}

function forbidden(index: number): string[] {
  return Array.from(
    { length: 20 },
    (_, line) =>
      `E1121 error: configmaps "c-${line}" is forbidden: User "system:serviceaccount:${namespace}:${nameOf(index)}" cannot get resource "configmaps" in API group "" in the namespace "${namespace}"`,
  );
}

function made(
  apiVersion: string,
  kind: string,
  { name, metadata = {}, ...rest }: JsonObject & { name: string },
): KubeObject {
  const meta = typeof metadata === 'object' && !Array.isArray(metadata) ? metadata : {};
  const at = kind === 'PersistentVolume' ? {} : { namespace };
  const object: unknown = {
    apiVersion,
    kind,
    metadata: { name, ...at, uid: `${kind}-${name}`, creationTimestamp: old, ...meta },
    ...rest,
  };
  // The JSON border: written down here as the API would answer it.
  return object as KubeObject;
}

function owned(kind: string, name: string): JsonObject {
  return {
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `${kind}-${name}`, controller: true }],
  };
}

function workloadOf(index: number, { isFaulty }: { isFaulty: boolean }): KubeObject[] {
  const name = nameOf(index);
  const labels = { app: name, tier: 'web' };
  const spec = {
    serviceAccountName: name,
    containers: [
      {
        name: 'main',
        image: 'shop/web:1',
        ports: [{ name: 'http', containerPort: 8080 }],
        env: [{ name: 'PEER', value: `http://${nameOf(index + 1)}.${namespace}.svc:80` }],
      },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }],
  };
  const template = { metadata: { labels }, spec };
  const ready = isFaulty ? 0 : podsOfOne;
  const status = {
    replicas: podsOfOne,
    updatedReplicas: podsOfOne,
    readyReplicas: ready,
    availableReplicas: ready,
  };
  const state = isFaulty
    ? {
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
        lastState: {
          terminated: {
            exitCode: 1,
            reason: 'Error',
            startedAt: '2026-11-21T11:57:00Z',
            finishedAt: '2026-11-21T11:58:00Z',
          },
        },
        restartCount: 9,
      }
    : { state: { running: { startedAt: old } }, restartCount: 0 };
  const selector = { matchLabels: { app: name } };
  return [
    made('apps/v1', 'Deployment', { name, spec: { replicas: podsOfOne, selector, template }, status }),
    made('apps/v1', 'ReplicaSet', {
      name: `${name}-1`,
      metadata: { ...owned('Deployment', name), annotations: { 'deployment.kubernetes.io/revision': '1' } },
      spec: { replicas: podsOfOne, selector, template },
      status: { replicas: podsOfOne, readyReplicas: ready },
    }),
    ...Array.from({ length: podsOfOne }, (_, pod) =>
      made('v1', 'Pod', {
        name: `${name}-1-${pod}`,
        metadata: { labels, ...owned('ReplicaSet', `${name}-1`) },
        spec: { ...spec, nodeName: `node-${index % 50}` },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: isFaulty ? 'False' : 'True', lastTransitionTime: old }],
          containerStatuses: [
            { name: 'main', image: 'shop/web:1', imageID: 'x', ready: !isFaulty, ...state },
          ],
        },
      }),
    ),
    made('v1', 'ServiceAccount', { name }),
    // A selector that nothing fits: what is near it is looked for.
    made('v1', 'Service', {
      name,
      spec: { selector: { app: isFaulty ? `${name}x` : name }, ports: [{ port: 80, targetPort: 'http' }] },
    }),
    made('v1', 'PersistentVolumeClaim', {
      name,
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'by-hand',
        resources: { requests: { storage: '10Gi' } },
        ...(isFaulty ? {} : { volumeName: name }),
      },
      status: { phase: isFaulty ? 'Pending' : 'Bound' },
    }),
    made('v1', 'PersistentVolume', {
      name,
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'by-hand',
        capacity: { storage: isFaulty ? '1Gi' : '10Gi' },
        ...(isFaulty ? {} : { claimRef: { namespace, name, uid: `PersistentVolumeClaim-${name}` } }),
      },
      status: { phase: isFaulty ? 'Available' : 'Bound' },
    }),
    made('policy/v1', 'PodDisruptionBudget', { name, spec: { maxUnavailable: 1, selector } }),
    made('apps/v1', 'StatefulSet', {
      name: `db-${name}`,
      spec: {
        replicas: 1,
        serviceName: isFaulty ? `db-${name}-gone` : name,
        selector: { matchLabels: { app: `db-${name}` } },
        template: {
          metadata: { labels: { app: `db-${name}` } },
          spec: { containers: [{ name: 'main', image: 'shop/db:1' }] },
        },
      },
      status: { replicas: 1, readyReplicas: 1, currentReplicas: 1, updatedReplicas: 1 },
    }),
  ];
}
