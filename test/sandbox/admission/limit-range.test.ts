import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { objectNamed, send, startShop } from '../../support/sandbox-client.ts';

// The words are those of a real API server (1.36.2) for the same requests.

const limits: JsonObject[] = [
  {
    type: 'Container',
    default: { cpu: '200m', memory: '128Mi' },
    defaultRequest: { cpu: '100m' },
    max: { cpu: '1', memory: '1Gi' },
    min: { cpu: '50m', memory: '16Mi' },
    maxLimitRequestRatio: { cpu: '4' },
  },
  { type: 'Pod', max: { cpu: '2' }, min: { memory: '32Mi' } },
  { type: 'PersistentVolumeClaim', max: { storage: '5Gi' }, min: { storage: '1Gi' } },
];

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startShop([
    { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l', namespace: 'shop' }, spec: { limits } },
  ]);
});
afterAll(() => sandbox.close());

const container = (name: string, resources?: JsonObject): JsonObject => ({
  name,
  image: 'x',
  ...(resources === undefined ? {} : { resources }),
});

async function tryPod(spec: JsonObject): Promise<JsonObject> {
  const path = '/api/v1/namespaces/shop/pods?dryRun=All';
  return (await send(sandbox, { method: 'POST', path, body: objectNamed('Pod', 'p', { spec }) })).body;
}

test('what a container leaves out is filled in, and an annotation says so', async () => {
  const pod = await tryPod({
    containers: [container('c', { requests: { cpu: '60m' } })],
    initContainers: [container('i')],
  });
  expect(pod).toMatchObject({
    metadata: {
      annotations: {
        'kubernetes.io/limit-ranger':
          'LimitRanger plugin set: memory request for container c; cpu, memory limit for container c; cpu, memory request for init container i; cpu, memory limit for init container i',
      },
    },
    spec: {
      containers: [
        {
          resources: {
            requests: { cpu: '60m', memory: '128Mi' },
            limits: { cpu: '200m', memory: '128Mi' },
          },
        },
      ],
    },
    status: { qosClass: 'Burstable' },
  });
});

test.each<[string, JsonObject, string]>([
  [
    'too much',
    { containers: [container('c', { limits: { cpu: '3', memory: '2Gi' } })] },
    '[maximum cpu usage per Container is 1, but limit is 3, maximum memory usage per Container is 1Gi, but limit is 2Gi, maximum cpu usage per Pod is 2, but limit is 3]',
  ],
  [
    'too little',
    { containers: [container('c', { requests: { cpu: '10m', memory: '1Mi' } })] },
    '[minimum cpu usage per Container is 50m, but request is 10m, minimum memory usage per Container is 16Mi, but request is 1Mi, cpu max limit to request ratio per Container is 4, but provided ratio is 20.000000, minimum memory usage per Pod is 32Mi, but request is 1Mi]',
  ],
  [
    'a limit far above the request',
    { containers: [container('c', { requests: { cpu: '100m' }, limits: { cpu: '900m' } })] },
    'cpu max limit to request ratio per Container is 4, but provided ratio is 9.000000',
  ],
  [
    'an init container too large',
    { containers: [container('c')], initContainers: [container('i', { limits: { cpu: '3' } })] },
    '[maximum cpu usage per Container is 1, but limit is 3, maximum cpu usage per Pod is 2, but limit is 3]',
  ],
  [
    'too much together',
    {
      containers: ['a', 'b', 'd'].map(name =>
        container(name, { requests: { cpu: '1' }, limits: { cpu: '1' } }),
      ),
    },
    'maximum cpu usage per Pod is 2, but limit is 3',
  ],
  [
    'too much for the pod as a whole',
    { containers: [container('c')], resources: { limits: { cpu: '3' } } },
    'maximum cpu usage per Pod is 2, but limit is 3',
  ],
])('a pod is refused: %s', async (_what, spec, why) => {
  expect(await tryPod(spec)).toMatchObject({
    code: 403,
    reason: 'Forbidden',
    message: `pods "p" is forbidden: ${why}`,
    details: { name: 'p', kind: 'pods' },
  });
});

test.each([
  ['10Gi', 'maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi'],
  ['1Mi', 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi'],
])('a claim of %s is refused', async (storage, why) => {
  const body = objectNamed('PersistentVolumeClaim', 'c', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  });
  const path = '/api/v1/namespaces/shop/persistentvolumeclaims';
  const answer = await send(sandbox, { method: 'POST', path, body });
  expect(answer.body).toMatchObject({
    code: 403,
    message: `persistentvolumeclaims "c" is forbidden: ${why}`,
  });
});

test('another namespace has no limits', async () => {
  const path = '/api/v1/namespaces/default/pods?dryRun=All';
  const body = objectNamed('Pod', 'p', { spec: { containers: [container('c', { limits: { cpu: '9' } })] } });
  expect((await send(sandbox, { method: 'POST', path, body })).status).toBe(201);
});
