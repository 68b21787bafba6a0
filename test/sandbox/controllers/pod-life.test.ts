import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { conditionOf } from '../../../src/kubernetes/kinds/condition.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { deleteOf } from '../../../src/sandbox/controllers/owners.ts';
import { podController } from '../../../src/sandbox/controllers/pod.ts';
import type { Rehearsal } from '../../../src/sandbox/rehearsal.ts';
import { startMs } from '../../support/cluster-life.ts';
import {
  containerOf,
  editContainer,
  eventsOf,
  inShop,
  playTo,
  podNamed,
  podOf,
  shown,
  startPod,
} from '../../support/pod-life.ts';
import { fc } from '../../support/properties.ts';

const quick = { match: 'shop/*', startSeconds: 0 };
const web = { name: 'web', image: 'shop/web:1' };

/** `Ready False ContainersNotReady`, one for each condition that a kubelet sets. */
function conditionsOf(life: Rehearsal): string[] {
  return (podOf(life).status?.conditions ?? []).map(({ type, status, reason }) =>
    [type, status, reason].join(' ').trim(),
  );
}

test('the conditions of a pod go true one after the other, and say what they wait for', () => {
  const init = { name: 'init', image: 'shop/init:1' };
  const life = startPod({ images: [quick], spec: { initContainers: [init], containers: [web] } });
  playTo(life, 0);
  expect(conditionsOf(life)).toEqual([
    'PodReadyToStartContainers False',
    'Initialized False ContainersNotInitialized',
    'Ready False ContainersNotReady',
    'ContainersReady False ContainersNotReady',
    'PodScheduled True',
  ]);
  const initialized = conditionOf(podOf(life).status?.conditions, 'Initialized');
  expect(initialized?.message).toBe('containers with incomplete status: [init]');
  expect(podOf(life).status).not.toHaveProperty('podIP');
  playTo(life, 0.7);
  expect(conditionsOf(life)[0]).toBe('PodReadyToStartContainers True');
  expect(podOf(life).status?.podIP).toMatch(/^10\.42\.0\.\d+$/);
  expect(conditionOf(podOf(life).status?.conditions, 'Ready')?.message).toBe(
    'containers with unready status: [web]',
  );
  playTo(life, 5);
  expect(conditionsOf(life)).toEqual([
    'PodReadyToStartContainers True',
    'Initialized True',
    'Ready True',
    'ContainersReady True',
    'PodScheduled True',
  ]);
  const { observedGeneration, conditions } = podOf(life).status ?? {};
  expect(observedGeneration).toBe(1);
  for (const condition of conditions ?? []) expect(condition.observedGeneration).toBe(1);
  expect(containerOf(life, 'init')).toMatchObject({
    ready: true,
    state: { terminated: { exitCode: 0, reason: 'Completed' } },
  });
});

test('a container that goes on failing waits twice as long each time, five minutes at most', () => {
  const life = startPod({ images: [{ ...quick, runSeconds: 1, exitCode: 1 }], spec: { containers: [web] } });
  const waits: number[] = [];
  let ended = 0;
  for (let second = 1; waits.length < 9; second++) {
    playTo(life, second);
    const { restartCount, state, lastState } = containerOf(life);
    if (restartCount > waits.length && state?.running !== undefined) {
      ended = Date.parse(lastState?.terminated?.finishedAt ?? '');
      waits.push((Date.parse(state.running.startedAt ?? '') - ended) / 1_000);
    }
  }
  expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
});

test('a container that was well for more than ten minutes starts again at once', () => {
  const life = startPod({
    images: [{ ...quick, runSeconds: 700, exitCode: 1 }],
    spec: { containers: [web] },
  });
  for (const [seconds, restarts] of [
    [690, 0],
    [710, 1],
    [1_410, 2],
    [2_110, 3],
  ] as const) {
    playTo(life, seconds);
    expect(shown(life)).toBe(`1/1 Running ${restarts}`);
  }
});

test('another image is pulled at once, whatever the wait for the one before', () => {
  const life = startPod({
    images: [quick],
    missing: ['shop/web:2'],
    spec: { containers: [{ ...web, image: 'shop/web:2' }] },
  });
  playTo(life, 800);
  expect(shown(life)).toBe('0/1 ImagePullBackOff 0');
  editContainer(life, { image: 'shop/web:1' });
  playTo(life, 801);
  expect(shown(life)).toBe('1/1 Running 0');
});

test('a container whose image is changed in its pod starts again with it, without any wait', () => {
  const life = startPod({
    images: [{ ...quick, match: 'shop/bad', runSeconds: 1, exitCode: 1 }, quick],
    spec: { containers: [web] },
  });
  playTo(life, 100);
  editContainer(life, { image: 'shop/bad:1' });
  playTo(life, 101);
  expect(eventsOf(life)).toContain('Normal Killing ×1: Container web definition changed, will be restarted');
  playTo(life, 400);
  expect(shown(life)).toBe('0/1 CrashLoopBackOff 6');
  editContainer(life, { image: 'shop/web:2' });
  playTo(life, 401);
  expect(shown(life)).toBe('1/1 Running 7');
});

test('a status that names the registry of an image is no other image', () => {
  const life = startPod({ images: [quick], spec: { containers: [web] } });
  playTo(life, 10);
  const pod = podOf(life);
  const containerStatuses = [{ ...containerOf(life), image: `registry.example/${web.image}` }];
  life.apply({ do: 'status', object: { ...pod, status: { ...pod.status, containerStatuses } } });
  playTo(life, 100);
  expect(shown(life)).toBe('1/1 Running 0');
});

test('an image is there for the next pod of the node, and is pulled each time where that is asked', () => {
  const life = startPod({
    images: [quick],
    spec: { containers: [{ ...web, imagePullPolicy: 'Always' }] },
  });
  playTo(life, 5);
  expect(eventsOf(life)).toContain(
    'Normal Pulled ×1: Successfully pulled image "shop/web:1" in 0.4s (0.4s including waiting)',
  );
  life.apply({ do: 'create', object: podNamed('again', { containers: [web] }) });
  playTo(life, 10);
  const messages = life.list('Event').map(each => each['message']);
  expect(messages).toContain(
    'Container image "shop/web:1" already present on machine and can be accessed by the pod',
  );
});

test('the failure of one container leaves the others alone', () => {
  const images = [{ match: 'shop/bad', runSeconds: 2, exitCode: 1 }, quick];
  const life = startPod({ images, spec: { containers: [web, { name: 'bad', image: 'shop/bad:1' }] } });
  playTo(life, 600);
  expect(shown(life)).toBe('1/2 CrashLoopBackOff 6');
  expect(containerOf(life, 'web')).toMatchObject({ ready: true, restartCount: 0 });
  expect(podOf(life).status?.phase).toBe('Running');
  expect(conditionOf(podOf(life).status?.conditions, 'Ready')?.message).toBe(
    'containers with unready status: [bad]',
  );
});

test('a sidecar has to have started before the others, and is stopped when they have ended', () => {
  const sidecar = {
    name: 'proxy',
    image: 'shop/proxy:1',
    restartPolicy: 'Always',
    startupProbe: { tcpSocket: { port: 1 }, periodSeconds: 1, failureThreshold: 9 },
  };
  const images = [
    { match: 'shop/proxy', startSeconds: 5 },
    { match: 'shop/web', startSeconds: 0, runSeconds: 10 },
  ];
  const life = startPod({
    images,
    spec: { restartPolicy: 'Never', initContainers: [sidecar], containers: [web] },
  });
  playTo(life, 4);
  expect(containerOf(life, 'proxy')).toMatchObject({ started: false, state: { running: {} } });
  expect(containerOf(life, 'web').state).toEqual({ waiting: { reason: 'PodInitializing' } });
  playTo(life, 8);
  expect(shown(life)).toBe('2/2 Running 0');
  playTo(life, 30);
  expect(shown(life)).toBe('0/2 Completed 0');
  expect(containerOf(life, 'proxy').state?.terminated).toMatchObject({ exitCode: 0 });
});

test('a sidecar that fails is started again, and the pod it serves runs on', () => {
  const sidecar = { name: 'proxy', image: 'shop/bad:1', restartPolicy: 'Always' };
  const images = [{ match: 'shop/bad', runSeconds: 3, exitCode: 1 }, quick];
  const life = startPod({ images, spec: { initContainers: [sidecar], containers: [web] } });
  playTo(life, 300);
  expect(containerOf(life, 'proxy')).toMatchObject({
    ready: false,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
  });
  expect(containerOf(life, 'web')).toMatchObject({ ready: true, restartCount: 0 });
  expect(conditionsOf(life)).toEqual(
    expect.arrayContaining(['Initialized True', 'Ready False ContainersNotReady']),
  );
});

test('who leans on a peer is unready while it is gone, and ready again after it is back', () => {
  const images = [{ ...quick, match: 'shop/web', needs: ['db.shop:5432'], withoutPeers: 'unready' }, quick];
  const readinessProbe = {
    httpGet: { port: 80 },
    periodSeconds: 5,
    failureThreshold: 2,
    successThreshold: 2,
  };
  const database = podNamed('db', { containers: [{ name: 'db', image: 'shop/db:1' }] });
  const service = inShop('Service', 'db', { spec: { selector: { app: 'db' }, ports: [{ port: 5432 }] } });
  const life = startPod({
    images,
    objects: [service, database],
    spec: { containers: [{ ...web, readinessProbe }] },
  });
  playTo(life, 60);
  expect(shown(life)).toBe('1/1 Running 0');
  const db = podOf(life, 'db');
  life.apply({
    do: 'delete',
    target: { kind: 'Pod', name: 'db', namespace: 'shop' },
    uid: db.metadata.uid ?? '',
    graceSeconds: 0,
  });
  playTo(life, 64);
  expect(shown(life)).toBe('1/1 Running 0');
  playTo(life, 71);
  expect(shown(life)).toBe('0/1 Running 0');
  playTo(life, 4_000);
  life.apply({ do: 'create', object: database });
  playTo(life, 4_004);
  expect(shown(life)).toBe('0/1 Running 0');
  playTo(life, 4_012);
  expect(shown(life)).toBe('1/1 Running 0');
});

test('configuration that goes away leaves alone who was started with it', () => {
  const settings = inShop('ConfigMap', 'settings', { data: { A: 'a' } });
  const life = startPod({
    images: [{ ...quick, needsEnv: ['A'] }],
    objects: [settings],
    spec: { containers: [{ ...web, envFrom: [{ configMapRef: { name: 'settings' } }] }] },
  });
  playTo(life, 10);
  const [live] = life.list('ConfigMap');
  life.apply({
    do: 'delete',
    target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop' },
    uid: live?.metadata.uid ?? '',
  });
  playTo(life, 7_200);
  expect(shown(life)).toBe('1/1 Running 0');
});

test('a pod that is deleted says at once that it stops, and is gone within its grace', () => {
  const life = startPod({ images: [quick], spec: { containers: [web], terminationGracePeriodSeconds: 20 } });
  playTo(life, 10);
  life.apply({
    do: 'delete',
    target: { kind: 'Pod', name: 'web', namespace: 'shop' },
    uid: podOf(life).metadata.uid ?? '',
  });
  playTo(life, 10.5);
  expect(shown(life)).toBe('1/1 Terminating 0');
  expect(eventsOf(life)).toContain('Normal Killing ×1: Stopping container web');
  playTo(life, 12);
  expect(life.list('Pod')).toEqual([]);
  expect(eventsOf(life)).toContain('Normal Killing ×1: Stopping container web');
});

test.each([
  [10, 10.6],
  [100, 20.6],
])('a program that takes %d s to stop has its grace period for it', (stopSeconds, goneAt) => {
  const life = startPod({
    images: [{ ...quick, stopSeconds }],
    spec: { containers: [web], terminationGracePeriodSeconds: 20 },
  });
  playTo(life, 0.6);
  life.apply({
    do: 'delete',
    target: { kind: 'Pod', name: 'web', namespace: 'shop' },
    uid: podOf(life).metadata.uid ?? '',
  });
  playTo(life, goneAt - 1);
  expect(shown(life)).toBe('1/1 Terminating 0');
  playTo(life, goneAt);
  expect(life.list('Pod')).toEqual([]);
});

test('a change is brought to the pods on which it bears, and to no others', () => {
  const images = [
    { ...quick, match: 'shop/reports', needs: ['db.shop:5432', '$URL'], withoutPeers: 'unready' },
    { ...quick, match: 'shop/client', needs: ['db.shop:5432'] },
    quick,
  ];
  const pods = ['reports', 'client', 'well'].map(name =>
    podNamed(name, { containers: [{ name, image: `shop/${name}:1` }] }),
  );
  const life = startPod({
    images,
    objects: pods,
    spec: { containers: [{ ...web, envFrom: [{ configMapRef: { name: 'settings' } }] }] },
  });
  playTo(life, 30);
  const woken = (changed: KubeObject) => podController.keysOf?.(changed, life);
  const slice = (service: string) => ({
    ...inShop('EndpointSlice', `${service}-1`),
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: `${service}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
  });
  expect(woken(inShop('ConfigMap', 'settings'))).toEqual(['shop/web']);
  expect(
    woken({ ...inShop('ConfigMap', 'settings'), metadata: { name: 'settings', namespace: 'other' } }),
  ).toEqual([]);
  expect(woken(slice('db'))).toEqual(['shop/reports']);
  const [node] = life.list('Node');
  expect(node === undefined ? undefined : woken(node)).toEqual([]);
});

test('nobody looks at a pod that is well', () => {
  const probes = { readinessProbe: { httpGet: { port: 80 } }, livenessProbe: { tcpSocket: { port: 80 } } };
  const life = startPod({ images: [quick], spec: { containers: [{ ...web, ...probes }] } });
  playTo(life, 60);
  expect(life.settle()).toBeUndefined();
});

test('a pod that goes on failing is looked at no more often than every few minutes', () => {
  const readinessProbe = { httpGet: { port: 80 }, periodSeconds: 1 };
  const life = startPod({
    images: [{ ...quick, ports: [] }],
    spec: { containers: [{ ...web, readinessProbe }] },
  });
  playTo(life, 3_700);
  expect(life.settle()).toBeGreaterThan(startMs + 3_760_000);
});

const sorts = fc.record(
  {
    image: fc.constantFrom<Json>('shop/web:1', 'shop/none:1', 'Shop/x', 'shop/a b', 'shop/[x]:1', ''),
    command: fc.constantFrom<Json>(['sh'], ['none'], ['/bin/none']),
    imagePullPolicy: fc.constantFrom<Json>('Always', 'Never', 'IfNotPresent'),
    restartPolicy: fc.constantFrom<Json>('Always'),
    env: fc.constantFrom<Json>(
      [{ name: 'A', value: '$(' }],
      [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
    ),
    resources: fc.constantFrom<Json>({ limits: { memory: '10Mi' } }, { limits: { memory: '1Gi' } }),
    livenessProbe: fc.constantFrom<Json>(
      { httpGet: { port: 80 } },
      { exec: { command: ['none'] } },
      { grpc: { port: 81 } },
    ),
    readinessProbe: fc.constantFrom<Json>(
      { httpGet: { path: '/x', port: 80 } },
      { tcpSocket: { port: 'none' } },
    ),
    startupProbe: fc.constantFrom<Json>(
      { tcpSocket: { port: 80 }, failureThreshold: 1 },
      { exec: { command: ['sh'] } },
    ),
  },
  { requiredKeys: ['image'] },
);

const images = fc.record(
  {
    startSeconds: fc.constantFrom<Json>(0, 1, 40),
    ports: fc.constantFrom<Json>([], [80]),
    needsEnv: fc.constantFrom<Json>(['A']),
    needs: fc.constantFrom<Json>(['db.shop:1'], ['$A']),
    withoutPeers: fc.constantFrom<Json>('crash', 'unready'),
    runSeconds: fc.constantFrom<Json>(0.1, 5, 100),
    exitCode: fc.constantFrom<Json>(0, 1),
    commands: fc.constantFrom<Json>(['sh']),
    private: fc.boolean(),
  },
  { requiredKeys: [] },
);

test('whatever is wrong with a pod, its kubelet comes to rest at every moment, and counts only up', () => {
  fc.assert(
    fc.property(
      images,
      fc.array(sorts, { minLength: 1, maxLength: 2 }),
      fc.array(sorts, { maxLength: 2 }),
      fc.constantFrom('Always', 'OnFailure', 'Never'),
      (image, main, init, restartPolicy) => {
        const named = (prefix: string) => (each: JsonObject, index: number) => ({
          ...each,
          name: `${prefix}${index}`,
        });
        // Only an init container has a restart policy of its own.
        const containers = main.map(({ restartPolicy: _own, ...each }) => each).map(named('main'));
        const life = startPod({
          images: [{ match: '*', ...image }],
          missing: ['shop/none:*'],
          spec: { restartPolicy, containers, initContainers: init.map(named('init')) },
        });
        let restarts = 0;
        for (
          let wakeAt = life.settle();
          wakeAt !== undefined && wakeAt < startMs + 3_600_000;
          wakeAt = life.settle()
        ) {
          expect(wakeAt).toBeGreaterThan(life.nowMs);
          life.nowMs = wakeAt;
          const { containerStatuses = [], initContainerStatuses = [] } = podOf(life).status ?? {};
          const count = [...containerStatuses, ...initContainerStatuses].reduce(
            (sum, each) => sum + each.restartCount,
            0,
          );
          expect(count).toBeGreaterThanOrEqual(restarts);
          restarts = count;
        }
        expect(restarts).toBeLessThan(100);
        expect(life.list('Event').length).toBeLessThan(80);
      },
    ),
    { numRuns: 60 },
  );
});

test('a program has its whole time to stop, also when its deletion came late in a second', () => {
  const life = startPod({ images: [quick], spec: { containers: [web] } });
  playTo(life, 5.9);
  life.apply(deleteOf(podOf(life)));
  playTo(life, 6.85);
  expect(podOf(life).metadata.deletionTimestamp).toBe('2026-03-02T08:00:35Z');
  playTo(life, 6.95);
  expect(life.list('Pod')).toEqual([]);
});
