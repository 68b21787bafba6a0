import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Preview } from '../../src/core/preview.ts';
import { riskOf } from '../../src/kubernetes/risk.ts';

function deployment(
  more: {
    replicas?: number;
    labels?: JsonObject;
    template?: JsonObject;
    container?: JsonObject;
    pod?: JsonObject;
  } = {},
): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: more.labels ?? { app: 'web' } },
    spec: {
      replicas: more.replicas ?? 4,
      template: {
        metadata: more.template ?? {},
        spec: { containers: [{ name: 'web', image: 'web:1', ...more.container }], ...more.pod },
      },
    },
  };
}

function risk(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  more: Partial<Omit<Preview, 'risk'>> = {},
) {
  return riskOf({
    change: { kind: 'k8s-delete', target: { kind: 'x', name: 'x' }, uid: '', propagation: 'Background' },
    operation: before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
    target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' },
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    volatile: [],
    warnings: [],
    alongside: [],
    undo: { possible: true },
    serverChecked: true,
    ...more,
  });
}

test.each([
  [
    'a restart',
    deployment({
      template: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-11-21T10:00:00Z' } },
    }),
    'low',
  ],
  ['twice the pods', deployment({ replicas: 8 }), 'low'],
  ['a plain label of the workload', deployment({ labels: { app: 'web', team: 'a' } }), 'low'],
  ['more than twice the pods', deployment({ replicas: 9 }), 'medium'],
  ['half the pods', deployment({ replicas: 2 }), 'medium'],
  ['another image', deployment({ container: { image: 'web:2' } }), 'medium'],
  ['less than half the pods', deployment({ replicas: 1 }), 'high'],
  ['no pods', deployment({ replicas: 0 }), 'high'],
  ['privilege', deployment({ container: { securityContext: { privileged: true } } }), 'high'],
  [
    'a capability',
    deployment({ container: { securityContext: { capabilities: { add: ['NET_ADMIN'] } } } }),
    'high',
  ],
  ['the host network', deployment({ pod: { hostNetwork: true } }), 'high'],
  ['a path of the host', deployment({ pod: { volumes: [{ name: 'v', hostPath: { path: '/' } }] } }), 'high'],
  [
    'a Secret as variable',
    deployment({ container: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] } }),
    'high',
  ],
  [
    'a Secret as volume',
    deployment({ pod: { volumes: [{ name: 'v', secret: { secretName: 's' } }] } }),
    'high',
  ],
  ['another command', deployment({ container: { command: ['sh', '-c', 'env'] } }), 'high'],
  [
    'another command of an init container',
    deployment({ pod: { initContainers: [{ name: 'i', image: 'i', args: ['x'] }] } }),
    'high',
  ],
  ['another service account', deployment({ pod: { serviceAccountName: 'admin' } }), 'high'],
  ['the mark of protection', deployment({ labels: { app: 'web', 'vigie.dev/protected': 'true' } }), 'high'],
] as const)('%s', (_name, after, level) => {
  expect(risk(deployment(), after)).toMatchObject({ level });
});

test('a restart that also changes an image is no restart', () => {
  const after = deployment({
    template: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } },
    container: { image: 'web:2' },
  });
  expect(risk(deployment(), after).level).toBe('medium');
});

test('ten more pods is the most that is low, whatever the factor', () => {
  expect(risk(deployment({ replicas: 20 }), deployment({ replicas: 30 })).level).toBe('low');
  expect(risk(deployment({ replicas: 20 }), deployment({ replicas: 31 })).level).toBe('medium');
});

test('taking privilege away is not gaining it', () => {
  const before = deployment({ container: { securityContext: { privileged: true } } });
  expect(risk(before, deployment({ container: { securityContext: { privileged: false } } })).level).toBe(
    'medium',
  );
});

test.each([
  ['Secret', 'v1'],
  ['Namespace', 'v1'],
  ['ClusterRole', 'rbac.authorization.k8s.io/v1'],
  ['ValidatingWebhookConfiguration', 'admissionregistration.k8s.io/v1'],
  ['CustomResourceDefinition', 'apiextensions.k8s.io/v1'],
  ['PersistentVolumeClaim', 'v1'],
  ['Widget', 'example.com/v1'],
])('a change of kind %s (%s) is high', (kind, apiVersion) => {
  const target = { kind, apiVersion, name: 'x' };
  expect(risk({ a: 1 }, { a: 2 }, { target }).level).toBe('high');
});

test('deleting is high, and so is what cannot be undone; what the server did not check is a step worse', () => {
  expect(risk(deployment(), undefined).level).toBe('high');
  expect(
    risk(deployment(), deployment({ replicas: 5 }), { undo: { possible: false, why: 'lost' } }),
  ).toMatchObject({ level: 'high' });
  expect(risk(deployment(), deployment({ replicas: 5 }), { serverChecked: 'no dry run' }).level).toBe(
    'medium',
  );
});

test('creating a plain workload is medium, one that reads a Secret high', () => {
  expect(risk(undefined, deployment()).level).toBe('medium');
  expect(risk(undefined, deployment({ container: { envFrom: [{ secretRef: { name: 's' } }] } })).level).toBe(
    'high',
  );
});
