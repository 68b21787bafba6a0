import { Snapshot, type SnapshotData } from '../../src/diagnosis/snapshot.ts';
import type { Event } from '../../src/kubernetes/kinds/event.ts';
import { isKind } from '../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { takenAt } from './snapshot-of.ts';

/** So many seconds before the snapshot is taken. */
export function ago(seconds: number): string {
  return new Date(takenAt.getTime() - seconds * 1_000).toISOString();
}

/** A snapshot of objects and events as data. */
export function snapshotWith(
  objects: readonly KubeObject[],
  rest: Partial<Omit<SnapshotData, 'objects' | 'events'>> = {},
): Snapshot {
  const events = objects.filter((each): each is Event => isKind(each, 'Event'));
  const others = objects.filter(each => each.kind !== 'Event');
  return new Snapshot({ takenAt, objects: others, events, ...rest });
}

/** The Deployment `web` of namespace shop with its newest replica set and one pod an hour old; `podStatus` is the pod's. */
export function brokenWeb(
  spec: object,
  {
    podStatus,
    pod = {},
    status = {},
    name = 'web',
  }: { podStatus?: object; pod?: object; status?: object; name?: string } = {},
): KubeObject[] {
  const labels = { app: name };
  const containers = 'containers' in spec ? {} : { containers: [{ name: 'main', image: 'shop/web:2' }] };
  const template = { metadata: { labels }, spec: { ...containers, ...spec } };
  const selector = { matchLabels: labels };
  const meta = (kind: string, more: object) => ({ namespace: 'shop', uid: `${kind}-${name}`, ...more });
  return [
    object('apps/v1', 'Deployment', {
      metadata: meta('deployment', { name, generation: 2 }),
      spec: { replicas: 2, selector, template },
      status,
    }),
    object('apps/v1', 'ReplicaSet', {
      metadata: meta('set', {
        name: `${name}-2`,
        annotations: { 'deployment.kubernetes.io/revision': '2' },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: `deployment-${name}`, controller: true },
        ],
      }),
      spec: { replicas: 2, selector, template },
    }),
    ...(podStatus === undefined
      ? []
      : [
          object('v1', 'Pod', {
            metadata: meta('pod', {
              name: `${name}-2-abcde`,
              labels,
              creationTimestamp: ago(3_600),
              ownerReferences: [
                {
                  apiVersion: 'apps/v1',
                  kind: 'ReplicaSet',
                  name: `${name}-2`,
                  uid: `set-${name}`,
                  controller: true,
                },
              ],
              ...pod,
            }),
            spec: { nodeName: 'n1', restartPolicy: 'Always', ...template.spec },
            status: { phase: 'Running', ...podStatus },
          }),
        ]),
  ];
}

/** The replica set of the revision before `web`'s present one, with so many ready pods. */
export function earlierWeb(spec: object, ready: number): KubeObject {
  return object('apps/v1', 'ReplicaSet', {
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      uid: 'set-1',
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'deployment-web', controller: true },
      ],
    },
    spec: {
      selector: {},
      template: { spec: { containers: [{ name: 'main', image: 'shop/web:1' }], ...spec } },
    },
    status: { replicas: ready, readyReplicas: ready },
  });
}

/** An event about the pod of `web`, some seconds ago. */
export function eventOf(
  reason: string,
  message: string,
  {
    seconds = 30,
    container = 'main',
    about = { kind: 'Pod', name: 'web-2-abcde', namespace: 'shop' },
  }: { seconds?: number; container?: string; about?: object } = {},
): KubeObject {
  return object('v1', 'Event', {
    metadata: { name: `${reason}-${seconds}`, namespace: 'shop' },
    involvedObject: { ...about, fieldPath: `spec.containers{${container}}` },
    type: 'Warning',
    reason,
    message,
    lastTimestamp: ago(seconds),
  });
}

/** The status of a container that waits for its next start. */
export function crashing(end: object, { name = 'main', restarts = 7 } = {}): object {
  return {
    name,
    ready: false,
    restartCount: restarts,
    state: {
      waiting: { reason: 'CrashLoopBackOff', message: `back-off 5m0s restarting failed container=${name}` },
    },
    lastState: { terminated: { reason: 'Error', startedAt: ago(130), finishedAt: ago(120), ...end } },
  };
}

export function object(apiVersion: string, kind: string, rest: object): KubeObject {
  const made: unknown = { apiVersion, kind, ...rest };
  return made as KubeObject;
}
