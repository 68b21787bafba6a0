import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { newestPods, rolloutTrouble } from '../../src/kubernetes/rollout-trouble.ts';

const web = object('Deployment', 'web', {
  spec: { replicas: 2 },
  status: { observedGeneration: 1, updatedReplicas: 1 },
});

function object(kind: string, name: string, more: JsonObject = {}, metadata: JsonObject = {}): KubeObject {
  const apiVersion = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].includes(kind)
    ? 'apps/v1'
    : kind === 'Job'
      ? 'batch/v1'
      : 'v1';
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop', uid: `${kind}-${name}`, ...metadata },
    ...more,
  };
}

function replicaSet(hash: string, revision: string): KubeObject {
  return object(
    'ReplicaSet',
    `web-${hash}`,
    {},
    {
      labels: { 'pod-template-hash': hash },
      annotations: { 'deployment.kubernetes.io/revision': revision },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'Deployment-web' }],
    },
  );
}

function pod(
  name: string,
  status: JsonObject,
  { hash = 'new', created = '2026-11-21T10:00:00Z', deleted = false } = {},
): KubeObject {
  const metadata = {
    labels: { 'pod-template-hash': hash },
    creationTimestamp: created,
    ...(deleted ? { deletionTimestamp: created } : {}),
  };
  return object('Pod', name, { spec: { containers: [{ name: 'main' }] }, status }, metadata);
}

function waiting(
  reason: string,
  more: { message?: string; restarts?: number; ended?: string } = {},
): JsonObject {
  const { message, restarts = 0, ended } = more;
  return {
    phase: 'Pending',
    containerStatuses: [
      {
        name: 'main',
        ready: false,
        restartCount: restarts,
        state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
        ...(restarts === 0 ? {} : { lastState: { terminated: { exitCode: 1, reason: ended ?? 'Error' } } }),
      },
    ],
  };
}

function unschedulable(message: string, more: JsonObject = {}): JsonObject {
  return {
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    ...more,
  };
}

function event(about: KubeObject, reason: string, message: string, type = 'Warning'): KubeObject {
  const { uid = '' } = about.metadata;
  return object('Event', `${about.metadata.name}.${reason}`, {
    involvedObject: { kind: about.kind, name: about.metadata.name, uid },
    reason,
    message,
    type,
    lastTimestamp: '2026-11-21T10:00:05Z',
  });
}

const noRoom = '0/2 nodes are available: 2 Insufficient memory.';
const pending = pod('p', unschedulable(noRoom));
const starting = pod('p', { phase: 'Pending', containerStatuses: [] });

describe('what becomes a verdict, and after how long', () => {
  test.each<[string, readonly KubeObject[], number | undefined, RegExp]>([
    [
      'one crash is none',
      [pod('p', waiting('CrashLoopBackOff', { restarts: 1 }))],
      undefined,
      /CrashLoopBackOff/,
    ],
    ['a third crash', [pod('p', waiting('CrashLoopBackOff', { restarts: 2 }))], 4_000, /last exit code 1/],
    [
      'a command that is not in the image',
      [pod('p', waiting('CrashLoopBackOff', { restarts: 1, ended: 'StartError' }))],
      4_000,
      /StartError/,
    ],
    [
      'a key that is not in its ConfigMap',
      [pod('p', waiting('CreateContainerConfigError'))],
      4_000,
      /ConfigError/,
    ],
    [
      'an image that is not there',
      [pod('p', waiting('ImagePullBackOff', { message: 'Back-off pulling image: NotFound' }))],
      4_000,
      /ImagePullBackOff/,
    ],
    [
      'a registry that does not answer',
      [pod('p', waiting('ErrImagePull', { message: 'dial tcp: i/o timeout' }))],
      40_000,
      /ErrImagePull/,
    ],
    [
      'a registry of which only the event tells',
      [
        pod('p', waiting('ImagePullBackOff')),
        event(pod('p', {}), 'Failed', 'failed to pull: 503 Service Unavailable'),
      ],
      40_000,
      /ImagePullBackOff/,
    ],
    ['no room', [pending], 15_000, /Insufficient memory/],
    [
      'no room, while a node is being added',
      [pending, event(pending, 'TriggeredScaleUp', 'pod triggered scale-up', 'Normal')],
      undefined,
      /Insufficient/,
    ],
    ['no room, while others leave', [pending, pod('old', {}, { deleted: true })], undefined, /Insufficient/],
    [
      'a volume that is being made',
      [pod('p', unschedulable('pod has unbound immediate PersistentVolumeClaims'))],
      undefined,
      /unbound/,
    ],
    [
      'a claim that does not exist, also while others leave',
      [
        pod('p', unschedulable('0/2 nodes are available: persistentvolumeclaim "data" not found. not found')),
        pod('old', {}, { deleted: true }),
      ],
      15_000,
      /"data" not found/,
    ],
    [
      'a key that a volume names and its Secret does not have',
      [starting, event(starting, 'FailedMount', 'references non-existent secret key: tls.crt')],
      15_000,
      /non-existent secret key/,
    ],
    [
      'a pod that others make room for',
      [pod('p', unschedulable(noRoom, { nominatedNodeName: 'n1' }))],
      undefined,
      /Insufficient/,
    ],
    [
      'a volume of a Secret that is not there',
      [starting, event(starting, 'FailedMount', 'MountVolume.SetUp failed: secret "tls" not found')],
      15_000,
      /secret "tls" not found/,
    ],
    [
      'a volume that is not attached yet',
      [starting, event(starting, 'FailedAttachVolume', 'Multi-Attach error')],
      undefined,
      /Multi-Attach/,
    ],
    [
      'a probe that fails',
      [starting, event(starting, 'Unhealthy', 'Readiness probe failed: 503')],
      undefined,
      /Readiness probe failed/,
    ],
  ])('%s', (_what, related, lastsMs, says) => {
    const trouble = rolloutTrouble(web, { related: [replicaSet('new', '2'), ...related], eventsSeen: true });
    expect(trouble?.lastsMs).toBe(lastsMs);
    expect(trouble?.text).toMatch(says);
  });

  test.each<[string, JsonObject, string, number | undefined]>([
    ['a path that the program does not have', {}, 'HTTP probe failed with statuscode: 404', 30_000],
    ['a path that is asked for often', { period: 1 }, 'HTTP probe failed with statuscode: 404', 15_000],
    ['a program that is busy', {}, 'HTTP probe failed with statuscode: 503', undefined],
    ['a port nobody listens on yet', {}, 'connect: connection refused', undefined],
    ['a port of a program that has started', { found: true }, 'connect: connection refused', 30_000],
    ['a port of a program that still starts', { found: false }, 'connect: connection refused', undefined],
    [
      'a container that is ready by now',
      { ready: true },
      'HTTP probe failed with statuscode: 404',
      undefined,
    ],
  ])('a readiness probe and %s', (_what, { period = 10, found, ready = false }, says, lastsMs) => {
    const readinessProbe = { httpGet: { path: '/healthz' }, periodSeconds: period, failureThreshold: 3 };
    const container = {
      name: 'main',
      readinessProbe,
      ...(found === undefined ? {} : { startupProbe: { httpGet: {} } }),
    };
    const status = { name: 'main', ready, started: found !== false, restartCount: 0, state: { running: {} } };
    const unready = {
      ...pod('p', { phase: 'Running', containerStatuses: [status] }),
      spec: { containers: [container] },
    };
    const about = { ...event(unready, 'Unhealthy', `Readiness probe failed: ${says}`) };
    const warned = {
      ...about,
      involvedObject: { uid: 'Pod-p', kind: 'Pod', name: 'p', fieldPath: 'spec.containers{main}' },
    };
    const related = [replicaSet('new', '2'), unready, warned];
    const trouble = rolloutTrouble(web, { related, eventsSeen: true });
    expect(trouble?.text).toContain(says);
    expect(trouble?.lastsMs).toBe(lastsMs);
    // One pod of the revision that passes the probe shows that it can be passed.
    const passing = pod('q', { conditions: [{ type: 'Ready', status: 'True' }] });
    expect(
      rolloutTrouble(web, { related: [...related, passing], eventsSeen: true })?.lastsMs,
    ).toBeUndefined();
  });

  test('no room is no verdict where nobody may see whether a node is being added', () => {
    expect(rolloutTrouble(web, { related: [pending], eventsSeen: false })).not.toHaveProperty('lastsMs');
  });

  test('pods that a quota refuses, but while others leave', () => {
    const message = 'pods "web-1" is forbidden: exceeded quota: small';
    const refused: KubeObject = {
      ...web,
      status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message }] },
    };
    expect(rolloutTrouble(refused, { related: [], eventsSeen: true })).toEqual({
      of: 'creation',
      lastsMs: 15_000,
      text: `Deployment/web: pods cannot be created: ${message}`,
    });
    const leaving = [pod('old', {}, { deleted: true })];
    expect(rolloutTrouble(refused, { related: leaving, eventsSeen: true })).not.toHaveProperty('lastsMs');
    const set = object('StatefulSet', 'db', { status: { updateRevision: 'db-1' } });
    const related = [event(set, 'FailedCreate', message)];
    const changedMs = Date.parse('2026-11-21T10:00:06Z');
    expect(rolloutTrouble(set, { related, eventsSeen: true, changedMs })).toMatchObject({ of: 'creation' });
  });

  test('no event from before the change, and none where a condition would tell', () => {
    const message = 'pods "web-1" is forbidden: exceeded quota: small';
    const changedMs = Date.parse('2026-11-21T10:00:07Z');
    for (const kind of ['StatefulSet', 'DaemonSet', 'Job']) {
      const maker = object(kind, 'db');
      const related = [event(maker, 'FailedCreate', message)];
      expect(rolloutTrouble(maker, { related, eventsSeen: true, changedMs })).toBeUndefined();
      expect(rolloutTrouble(maker, { related, eventsSeen: true })).toBeUndefined();
    }
    const set = replicaSet('new', '2');
    const related = [set, event(set, 'FailedCreate', message)];
    expect(rolloutTrouble(web, { related, eventsSeen: true, changedMs: 0 })).toBeUndefined();
    expect(rolloutTrouble(set, { related, eventsSeen: true, changedMs: 0 })).toBeUndefined();
  });

  test('no mount that failed once the pod has got past it', () => {
    const failed = (at: KubeObject) => event(at, 'FailedMount', 'configmap "settings" not found');
    const running = pod('p', {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'main',
          ready: false,
          restartCount: 0,
          state: { running: { startedAt: '2026-11-21T10:00:09Z' } },
        },
      ],
    });
    const pulling = [starting, failed(starting), event(starting, 'Pulling', 'Pulling image', 'Normal')];
    for (const pods of [[running, failed(running)], pulling]) {
      const related = [replicaSet('new', '2'), ...pods];
      expect(rolloutTrouble(web, { related, eventsSeen: true })).toBeUndefined();
    }
    const unready = event(running, 'Unhealthy', 'Readiness probe failed: 503');
    const related = [replicaSet('new', '2'), running, unready, failed(running)];
    expect(rolloutTrouble(web, { related, eventsSeen: true })?.text).toMatch(/Readiness probe failed/);
  });

  test('a Job counts its own tries', () => {
    const job = object('Job', 'once');
    const related = [pod('p', waiting('CrashLoopBackOff', { restarts: 5 }))];
    expect(rolloutTrouble(job, { related, eventsSeen: true })).not.toHaveProperty('lastsMs');
  });

  test('the gravest of several troubles comes first', () => {
    const related = [pending, pod('q', waiting('CreateContainerConfigError'))];
    expect(rolloutTrouble(web, { related, eventsSeen: true })?.text).toContain('Pod/q');
  });
});

describe('the pods that a rollout answers for', () => {
  const bad = waiting('ImagePullBackOff');
  const later = '2026-11-21T10:05:00Z';

  test('are those of the newest revision, also where a return makes the older ones wanted again', () => {
    const old = pod('old', { phase: 'Running' }, { hash: 'old' });
    const young = pod('young', bad, { hash: 'bad', created: later });
    const returned = [old, young, replicaSet('bad', '2'), replicaSet('old', '3')];
    expect(newestPods(web, returned).map(each => each.metadata.name)).toEqual(['old']);
    expect(rolloutTrouble(web, { related: returned, eventsSeen: true })).toBeUndefined();
  });

  test('are the youngest and their like where nobody may see replica sets', () => {
    const related = [pod('old', bad, { hash: 'old' }), pod('new', {}, { created: later })];
    expect(newestPods(web, related).map(each => each.metadata.name)).toEqual(['new']);
    expect(newestPods({ ...web, status: {} }, related)).toEqual([]);
  });

  test.each(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'])(
    'are none of a %s whose controller has not seen what was changed',
    kind => {
      const related = [pod('old', bad, { hash: 'old' }), replicaSet('old', '1')];
      const status = { observedGeneration: 1, updateRevision: 'old', updatedNumberScheduled: 1 };
      const at = (generation: number) => object(kind, 'web', { spec: {}, status }, { generation });
      expect(rolloutTrouble(at(2), { related, eventsSeen: true })).toBeUndefined();
      expect(rolloutTrouble(at(1), { related, eventsSeen: true })).toMatchObject({ lastsMs: 4_000 });
    },
  );

  test('are none of a DaemonSet that has replaced none yet', () => {
    const related = [pod('old', bad, { hash: 'old' })];
    const at = (updatedNumberScheduled: number) =>
      object('DaemonSet', 'web', { spec: {}, status: { updatedNumberScheduled } });
    expect(rolloutTrouble(at(0), { related, eventsSeen: true })).toBeUndefined();
    expect(rolloutTrouble(at(1), { related, eventsSeen: true })).toMatchObject({ lastsMs: 4_000 });
  });

  test('are none that are on their way out', () => {
    const related = [pod('p', bad, { deleted: true })];
    expect(rolloutTrouble(web, { related, eventsSeen: true })).toBeUndefined();
  });

  test('are none while the new ones are still to be made', () => {
    const related = [pod('old', bad, { hash: 'old' }), replicaSet('old', '1'), replicaSet('new', '2')];
    expect(rolloutTrouble(web, { related, eventsSeen: true })).toBeUndefined();
  });
});
