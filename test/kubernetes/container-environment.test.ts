import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { containerEnvironment } from '../../src/kubernetes/container-environment.ts';
import { containerFiles } from '../../src/kubernetes/container-files.ts';
import type { Container, Pod } from '../../src/kubernetes/kinds/pod.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const metadata = (name: string) => ({ name, namespace: 'shop' });
const objects: KubeObject[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('settings'), data: { MODE: 'fast', HOST: 'db' } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata('db'),
    data: { password: base64('wörd'), PORT: base64('5432') },
  },
];
const source = {
  get: (ref: { kind: string; name: string; namespace?: string }) =>
    objects.find(
      each => each.kind === ref.kind && each.metadata.name === ref.name && ref.namespace === 'shop',
    ),
};

function pod(volumes: JsonObject[] = []): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata('web-1'), uid: 'u1', labels: { app: 'web' } },
    spec: { containers: [], nodeName: 'n1', volumes },
    status: { podIP: '10.42.0.7' },
  };
}

const environment = (more: Partial<Container>) => {
  const { variables, fault } = containerEnvironment(source, {
    pod: pod(),
    container: { name: 'c', ...more },
  });
  return fault ?? Object.fromEntries(variables);
};

test('variables come from whole objects, then one by one, and may name those before them', () => {
  expect(
    environment({
      envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'DB_', secretRef: { name: 'db' } }],
      env: [
        { name: 'MODE', value: 'slow' },
        { name: 'URL', value: '$(HOST):$(DB_PORT)/$(NONE)/$$(HOST)' },
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'LEFT_OUT', valueFrom: { secretKeyRef: { name: 'db', key: 'none', optional: true } } },
        { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } },
      ],
      resources: { limits: { memory: '1500Ki', cpu: '1500m' } },
    }),
  ).toEqual({
    MODE: 'slow',
    HOST: 'db',
    DB_PORT: '5432',
    DB_password: 'wörd',
    URL: 'db:5432/$(NONE)/$(HOST)',
    PASSWORD: 'wörd',
    POD: 'web-1',
    APP: 'web',
    IP: '10.42.0.7',
    MEMORY: '2',
    CPU: '2',
  });
});

test.each<[string, Partial<Container>, unknown]>([
  ['a whole object', { envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
  [
    'an object',
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'a' } } }] },
    'configmap "none" not found',
  ],
  [
    'a key of a ConfigMap',
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }] },
    "couldn't find key a in ConfigMap shop/settings",
  ],
  [
    'a key of a Secret',
    { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'a' } } }] },
    "couldn't find key a in Secret shop/db",
  ],
  ['an optional object', { envFrom: [{ configMapRef: { name: 'none', optional: true } }] }, {}],
])('%s that is missing stops a container, unless it is optional', (_what, container, expected) => {
  expect(environment(container)).toEqual(expected);
});

test('files come from ConfigMaps, Secrets and the pod itself, whole or item by item', () => {
  const volumes = [
    { name: 'conf', configMap: { name: 'settings', items: [{ key: 'MODE', path: 'etc/mode' }] } },
    {
      name: 'all',
      projected: {
        sources: [
          { secret: { name: 'db' } },
          { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          { configMap: { name: 'kube-root-ca.crt' } },
        ],
      },
    },
    { name: 'broken', secret: { secretName: 'none' } },
  ];
  const files = containerFiles(source, {
    pod: pod(volumes),
    container: {
      name: 'c',
      volumeMounts: [
        { name: 'conf', mountPath: '/conf/' },
        { name: 'conf', mountPath: '/mode', subPath: 'etc/mode' },
        { name: 'all', mountPath: '/all' },
        { name: 'broken', mountPath: '/broken' },
        { name: 'absent', mountPath: '/absent' },
      ],
    },
  });
  expect(Object.fromEntries([...files].map(([path, bytes]) => [path, bytes.toString()]))).toEqual({
    '/conf/etc/mode': 'fast',
    '/mode': 'fast',
    '/all/password': 'wörd',
    '/all/PORT': '5432',
    '/all/labels': 'app="web"',
  });
});
