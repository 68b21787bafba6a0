import { expect, test } from 'vitest';
import type { Container, ContainerStatus, Pod } from '../../../src/kubernetes/kinds/pod.ts';
import { containersOf } from '../../../src/kubernetes/twin/seen-container.ts';
import { deriveImages } from '../../../src/sandbox/twin/derive-images.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const at = (secondsAgo: number): string => new Date(nowMs - secondsAgo * 1_000).toISOString();

const running = { state: { running: { startedAt: at(3_600) } }, ready: true };
const crashing = (exitCode: number, reason = 'Error') => ({
  ready: false,
  restartCount: 7,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode, reason, startedAt: at(70), finishedAt: at(60) } },
});

function pod(
  name: string,
  container: Partial<Container>,
  more: { status?: Partial<ContainerStatus>; secrets?: { name: string }[] } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: {
      restartPolicy: 'Always',
      containers: [{ name: 'main', image: 'acme/web:1', ...container }],
      ...(more.secrets === undefined ? {} : { imagePullSecrets: more.secrets }),
    },
    status: {
      conditions: [{ type: 'PodScheduled', status: 'True' }],
      containerStatuses: [{ name: 'main', restartCount: 0, ...running, ...more.status }],
    },
  };
}

const derive = (pods: Pod[], usage = new Map<string, { memoryMi: number; cpuMilli: number }>()) =>
  deriveImages(
    pods.flatMap(each => containersOf(each, usage)),
    nowMs,
  );

test('a program that is well listens where its containers say, and stays below every limit', () => {
  const usage = new Map([['shop/a/main', { memoryMi: 250, cpuMilli: 30 }]]);
  const probe = { httpGet: { path: 'health?full=1', port: 'http' } };
  const { images } = derive(
    [
      pod('a', {
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: probe,
        resources: { limits: { memory: '256Mi' } },
      }),
    ],
    usage,
  );
  expect(images).toMatchObject([
    { match: 'acme/web', ports: [8080], healthPath: '/health', memoryMi: 230, cpuMilli: 30 },
  ]);
});

test.each([
  [
    'ends as it ended',
    pod('b', { image: 'acme/web:2' }, { status: crashing(3) }),
    { runSeconds: 10, exitCode: 3 },
  ],
  [
    'needs more memory than it may have',
    pod(
      'b',
      { image: 'acme/web:2', resources: { limits: { memory: '64Mi' } } },
      { status: crashing(137, 'OOMKilled') },
    ),
    { memoryMi: 65 },
  ],
  [
    'lacks its program',
    pod('b', { image: 'acme/web:2', command: ['srever'] }, { status: crashing(128, 'StartError') }),
    { commands: ['sh'] },
  ],
  [
    'listens elsewhere than it is probed',
    pod(
      'b',
      {
        image: 'acme/web:2',
        ports: [{ containerPort: 8080 }],
        livenessProbe: { tcpSocket: { port: 9090 } },
      },
      { status: crashing(143) },
    ),
    { ports: [8080] },
  ],
  [
    'misses a variable that the others have',
    pod('b', { env: [{ name: 'MODE', value: 'x' }] }, { status: crashing(1) }),
    { match: 'acme/web:1', needsEnv: ['KEY'] },
  ],
  [
    'may not be pulled without a secret',
    pod('b', {}, { status: { ready: false, state: { waiting: { reason: 'ImagePullBackOff' } } } }),
    { match: 'acme/web:1', private: true },
  ],
])('one that is broken %s, beside one that is well', (_how, broken, expected) => {
  const env = [
    { name: 'MODE', value: 'x' },
    { name: 'KEY', value: 'y' },
  ];
  const { images, unlike } = derive([pod('a', { env }, { secrets: [{ name: 'registry' }] }), broken]);
  expect(unlike).toEqual([]);
  expect(images).toHaveLength(2);
  expect(images[0]).toMatchObject(expected);
  expect(images[1]).toMatchObject({ match: 'acme/web', needsEnv: [], exitCode: 0 });
});

test('what tells it from one that is well with the same image is named, not made up', () => {
  const { images, unlike } = derive([pod('a', {}), pod('b', {}, { status: crashing(1) })]);
  expect(unlike).toEqual([{ container: 'shop/b/main', state: 'ends again and again' }]);
  expect(images).toHaveLength(1);
});

test('an image that nobody could pull is missing; a tag of it that runs is not', () => {
  const status = { ready: false, state: { waiting: { reason: 'ErrImagePull' } } };
  const { missing, images } = derive([pod('a', {}), pod('b', { image: 'acme/web:9' }, { status })]);
  expect(missing).toEqual(['acme/web:9']);
  expect(images.map(({ match }) => match)).toEqual(['acme/web']);
});
