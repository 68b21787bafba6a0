import type { JsonObject } from '../../../src/core/json.ts';

// What a namespace holds, as a dump writes it: its own workloads, and what the owner of another one made.

const before = '2026-11-21T11:00:00Z';

export function object(
  kind: string,
  place: string,
  rest: JsonObject = {},
  metadata: JsonObject = {},
): JsonObject {
  const [namespace = '', name = ''] = place.split('/');
  return {
    apiVersion: groups[kind] ?? 'v1',
    kind,
    metadata: {
      name,
      ...(namespace === '' ? {} : { namespace }),
      uid: `${kind}-${place}`,
      creationTimestamp: before,
      ...metadata,
    },
    ...rest,
  };
}

const groups: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  IngressClass: 'networking.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  GatewayClass: 'gateway.networking.k8s.io/v1',
  Gateway: 'gateway.networking.k8s.io/v1',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  ReferenceGrant: 'gateway.networking.k8s.io/v1beta1',
};

const template = (
  app: string,
  { container = {}, labels = {} }: { container?: JsonObject; labels?: JsonObject } = {},
): JsonObject => ({
  metadata: { labels: { app, ...labels } },
  spec: { containers: [{ name: 'app', image: 'shop/web:1', ...container }] },
});

export function workload(
  place: string,
  { kind = 'Deployment', container = {}, replicas = 1, ready = 1, labels = {} } = {},
): JsonObject {
  const [, app = ''] = place.split('/');
  return object(kind, place, {
    spec: { replicas, selector: { matchLabels: { app } }, template: template(app, { container, labels }) },
    status: { replicas: 1, updatedReplicas: 1, readyReplicas: ready, availableReplicas: ready },
  });
}

function ownedBy(kind: string, place: string): JsonObject {
  const [, name = ''] = place.split('/');
  const owner = { apiVersion: 'apps/v1', kind, name, uid: `${kind}-${place}`, controller: true };
  return { ownerReferences: [owner] };
}

/** Of Deployment/web in shop; `metadata` as the attacker wants it. */
export const revision = (place: string, annotations: JsonObject = {}): JsonObject =>
  object(
    'ReplicaSet',
    place,
    {
      spec: { replicas: 0, selector: { matchLabels: { app: 'web' } }, template: template('web') },
      status: {},
    },
    { ...ownedBy('Deployment', 'shop/web'), annotations },
  );

const ended = { exitCode: 1, reason: 'Error', startedAt: before, finishedAt: '2026-11-21T11:59:40Z' };

export const crashing = (place: string): JsonObject =>
  object(
    'Pod',
    place,
    {
      spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'shop/web:1' }] },
      status: {
        phase: 'Running',
        containerStatuses: [
          {
            name: 'app',
            image: 'shop/web:1',
            imageID: '',
            ready: false,
            restartCount: 9,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: ended },
          },
        ],
      },
    },
    { labels: { app: 'web' }, ...ownedBy('ReplicaSet', 'shop/web-1') },
  );

export const service = (place: string, port: number): JsonObject => {
  const [, app = ''] = place.split('/');
  return object('Service', place, {
    spec: { selector: { app }, clusterIP: '10.0.0.9', ports: [{ port, targetPort: port }] },
  });
};

export const spaces = ['shop', 'evil', 'payments', 'kube-system'].map(name =>
  object('Namespace', `/${name}`, {}, { labels: { 'kubernetes.io/metadata.name': name } }),
);
