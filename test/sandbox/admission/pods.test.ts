import { afterAll, beforeAll, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { objectNamed, send, startShop } from '../../support/sandbox-client.ts';

// What every pod gets from its cluster, and the words in which a real API server (1.36.2) refuses.

function priorityClass(name: string, more: JsonObject): KubeObject {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, ...more };
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startShop([
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'puller', namespace: 'shop' },
      imagePullSecrets: [{ name: 'registry' }],
      automountServiceAccountToken: false,
    },
    priorityClass('high', { value: 1000, preemptionPolicy: 'Never' }),
    priorityClass('usual', { value: 3, globalDefault: true }),
    ...['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'].map((creationTimestamp, index) => ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: `class-${index}`,
        creationTimestamp,
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
      },
      provisioner: 'x',
    })),
  ]);
});
afterAll(() => sandbox.close());

async function tryPod(spec: JsonObject): Promise<JsonObject> {
  const path = '/api/v1/namespaces/shop/pods?dryRun=All';
  const body = objectNamed('Pod', 'p', { spec: { containers: [{ name: 'c', image: 'x' }], ...spec } });
  const answer = (await send(sandbox, { method: 'POST', path, body })).body;
  return isObject(answer['spec']) ? answer['spec'] : answer;
}

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

test('a pod has the default account, and its token in every container that has nothing there', async () => {
  const spec = await tryPod({
    initContainers: [{ name: 'i', image: 'x' }],
    containers: [{ name: 'c', image: 'x', volumeMounts: [{ name: 'v', mountPath: tokenPath }] }],
    volumes: [{ name: 'v', emptyDir: {} }],
  });
  expect(spec).toMatchObject({
    serviceAccountName: 'default',
    serviceAccount: 'default',
    containers: [{ volumeMounts: [{ name: 'v', mountPath: tokenPath }] }],
    initContainers: [
      {
        volumeMounts: [
          { name: expect.stringMatching(/^kube-api-access-.{5}$/), readOnly: true, mountPath: tokenPath },
        ],
      },
    ],
    volumes: [
      { name: 'v' },
      {
        name: expect.stringMatching(/^kube-api-access-.{5}$/),
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt' } },
            { downwardAPI: { items: [{ path: 'namespace' }] } },
          ],
        },
      },
    ],
  });
});

test('an account gives its pull secrets, and no token when it says so', async () => {
  const spec = await tryPod({ serviceAccountName: 'puller' });
  expect(spec).toMatchObject({ imagePullSecrets: [{ name: 'registry' }], serviceAccount: 'puller' });
  expect(spec['volumes']).toBeUndefined();
  const own = await tryPod({
    serviceAccountName: 'puller',
    imagePullSecrets: [{ name: 'mine' }],
    automountServiceAccountToken: true,
  });
  expect(own).toMatchObject({ imagePullSecrets: [{ name: 'mine' }], volumes: [{}] });
  expect((await tryPod({ automountServiceAccountToken: false }))['volumes']).toBeUndefined();
});

test('a new namespace has its account before anybody can ask for a pod', async () => {
  await send(sandbox, {
    method: 'POST',
    path: '/api/v1/namespaces',
    body: objectNamed('Namespace', 'fresh'),
  });
  const body = objectNamed('Pod', 'p', { spec: { containers: [{ name: 'c', image: 'x' }] } });
  const answer = await send(sandbox, { method: 'POST', path: '/api/v1/namespaces/fresh/pods', body });
  expect(answer.status).toBe(201);
});

test.each<[string, JsonObject, JsonObject]>([
  [
    'a class gives its priority',
    { priorityClassName: 'high' },
    { priority: 1000, preemptionPolicy: 'Never' },
  ],
  ['the default class the rest', {}, { priority: 3, priorityClassName: 'usual' }],
  ['every cluster has the highest', { priorityClassName: 'system-node-critical' }, { priority: 2000001000 }],
])('%s', async (_what, spec, wanted) => {
  expect(await tryPod(spec)).toMatchObject(wanted);
});

test.each<[string, JsonObject, string]>([
  [
    'an account that is missing',
    { serviceAccountName: 'nope' },
    'error looking up service account shop/nope: serviceaccount "nope" not found',
  ],
  ['a class that is missing', { priorityClassName: 'nope' }, 'no PriorityClass with name nope was found'],
  [
    'a priority of its own',
    { priorityClassName: 'high', priority: 5 },
    'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name',
  ],
])('a pod is refused: %s', async (_what, spec, why) => {
  expect(await tryPod(spec)).toMatchObject({ code: 403, message: `pods "p" is forbidden: ${why}` });
});

test('a second default class is refused', async () => {
  const answer = await send(sandbox, {
    method: 'POST',
    path: '/apis/scheduling.k8s.io/v1/priorityclasses',
    body: priorityClass('more', { value: 1, globalDefault: true }),
  });
  expect(answer.body['message']).toBe(
    'priorityclasses.scheduling.k8s.io "more" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
  );
});

test('a claim without a class gets the newest default; one that wants none keeps none', async () => {
  const path = '/api/v1/namespaces/shop/persistentvolumeclaims?dryRun=All';
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const claim = (more: JsonObject): KubeObject =>
    objectNamed('PersistentVolumeClaim', 'c', { spec: { ...spec, ...more } });
  const usual = await send(sandbox, { method: 'POST', path, body: claim({}) });
  expect(usual.body).toMatchObject({ spec: { storageClassName: 'class-1' } });
  const none = await send(sandbox, { method: 'POST', path, body: claim({ storageClassName: '' }) });
  expect(none.body).toMatchObject({ spec: { storageClassName: '' } });
});

test('a policy is stored with a warning that the sandbox does not enforce it', async () => {
  const answer = await send(sandbox, {
    method: 'POST',
    path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'w' },
      webhooks: [],
    },
  });
  expect(answer.status).toBe(201);
  expect(answer.headers['warning']).toContain(
    'the sandbox stores a ValidatingWebhookConfiguration but does not enforce it',
  );
});
