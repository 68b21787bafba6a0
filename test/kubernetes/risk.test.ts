import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Preview } from '../../src/core/preview.ts';
import { trusted } from '../../src/core/trusted-text.ts';
import { riskOf } from '../../src/kubernetes/risk.ts';

function deployment(
  more: {
    replicas?: number;
    labels?: JsonObject;
    metadata?: JsonObject;
    template?: JsonObject;
    container?: JsonObject;
    pod?: JsonObject;
  } = {},
): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: more.labels ?? { app: 'web' }, ...more.metadata },
    spec: {
      replicas: more.replicas ?? 4,
      template: {
        metadata: more.template ?? {},
        spec: { containers: [{ name: 'web', image: 'web:1', ...more.container }], ...more.pod },
      },
    },
  };
}

const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'nope', uid: '1' };
const exec = { exec: { command: ['sh', '-c', 'env'] } };
const http = { httpGet: { path: '/', port: 80 } };

function secured(securityContext: JsonObject): JsonObject {
  return deployment({ container: { securityContext } });
}

function securedPod(securityContext: JsonObject): JsonObject {
  return deployment({ pod: { securityContext } });
}

function volume(source: JsonObject, name = 'v'): JsonObject {
  return deployment({ pod: { volumes: [{ name, ...source }] } });
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
  [
    'a label that belongs to a controller',
    deployment({ labels: { app: 'web', 'istio.io/rev': 'x' } }),
    'medium',
  ],
  ['an annotation', deployment({ metadata: { annotations: { 'example.com/x': '1' } } }), 'medium'],
  [
    'an annotation of the pods beside the restart',
    deployment({ template: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now', inject: 'yes' } } }),
    'medium',
  ],
  ['an owner', deployment({ metadata: { ownerReferences: [owner] } }), 'high'],
  ['a finalizer', deployment({ metadata: { finalizers: ['example.com/x'] } }), 'high'],
  ['a hook that runs a command', deployment({ container: { lifecycle: { postStart: exec } } }), 'high'],
  ['a liveness probe that runs a command', deployment({ container: { livenessProbe: exec } }), 'high'],
  ['a readiness probe that asks over HTTP', deployment({ container: { readinessProbe: http } }), 'medium'],
  [
    'a startup probe of an init container that runs a command',
    deployment({ pod: { initContainers: [{ name: 'i', image: 'i', startupProbe: exec }] } }),
    'high',
  ],
  ['no seccomp', secured({ seccompProfile: { type: 'Unconfined' } }), 'high'],
  ['no seccomp for the whole pod', securedPod({ seccompProfile: { type: 'Unconfined' } }), 'high'],
  ['no AppArmor', secured({ appArmorProfile: { type: 'Unconfined' } }), 'high'],
  ['an unmasked /proc', secured({ procMount: 'Unmasked' }), 'high'],
  ['its own SELinux label', secured({ seLinuxOptions: { type: 'spc_t' } }), 'high'],
  [
    'a parameter of the kernel',
    securedPod({ sysctls: [{ name: 'net.core.somaxconn', value: '9' }] }),
    'high',
  ],
  ['permission to be root', secured({ runAsNonRoot: false }), 'high'],
  ['root for the whole pod', securedPod({ runAsUser: 0 }), 'high'],
  ['one space of processes', deployment({ pod: { shareProcessNamespace: true } }), 'high'],
  ['a port of the host', deployment({ container: { ports: [{ containerPort: 80, hostPort: 80 }] } }), 'high'],
  ['a Windows process of the host', securedPod({ windowsOptions: { hostProcess: true } }), 'high'],
  [
    'a token of the service account as volume',
    volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
    'high',
  ],
  [
    'such a token under the name that the server uses for bare pods',
    volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }, 'kube-api-access-abcde'),
    'high',
  ],
  [
    'a Secret for a CSI driver',
    volume({ csi: { driver: 'x', nodePublishSecretRef: { name: 's' } } }),
    'high',
  ],
  ['a Secret for a file share', volume({ azureFile: { secretName: 's', shareName: 'x' } }), 'high'],
  ['a projected Secret', volume({ projected: { sources: [{ secret: { name: 's' } }] } }), 'high'],
  ['a projected ConfigMap', volume({ projected: { sources: [{ configMap: { name: 's' } }] } }), 'medium'],
] as const)('%s', (_name, after, level) => {
  expect(risk(deployment(), after)).toMatchObject({ level });
});

test.each([
  ['runAsNonRoot', { runAsNonRoot: true }],
  ['allowPrivilegeEscalation: false', { allowPrivilegeEscalation: false }],
  ['a read-only root', { readOnlyRootFilesystem: true }],
  ['dropped capabilities', { capabilities: { drop: ['ALL'] } }],
  ['a seccomp profile', { seccompProfile: { type: 'RuntimeDefault' } }],
  ['a user other than root', { runAsUser: 1000 }],
])('losing %s is high; losing it with its container is not', (_what, securityContext) => {
  expect(risk(secured(securityContext), deployment()).level).toBe('high');
  expect(risk(secured(securityContext), secured({ ...securityContext, privileged: false })).level).toBe(
    'medium',
  );
  const sidecar = { name: 'sidecar', image: 'web:1', securityContext };
  const both = deployment({ pod: { containers: [{ name: 'web', image: 'web:1' }, sidecar] } });
  expect(risk(both, deployment()).level).toBe('medium');
});

test('a command or argument taken away is another command', () => {
  const before = deployment({ container: { command: ['serve'], args: ['--auth', '--port=80'] } });
  expect(risk(before, deployment({ container: { args: ['--auth', '--port=80'] } })).level).toBe('high');
  expect(risk(before, deployment({ container: { command: ['serve'], args: ['--auth'] } })).level).toBe(
    'high',
  );
  expect(risk(before, deployment({ pod: { containers: [{ name: 'new', image: 'web:1' }] } })).level).toBe(
    'medium',
  );
});

test('a bare pod is not graver for the token that the server itself mounts', () => {
  const sources = [{ serviceAccountToken: { path: 'token' } }];
  const volumes = [{ name: 'kube-api-access-abcde', projected: { sources } }];
  const pod = { kind: 'Pod', spec: { containers: [{ name: 'c', image: 'i' }], volumes } };
  const target = { kind: 'Pod', apiVersion: 'v1', name: 'p' };
  expect(risk(undefined, pod, { target }).level).toBe('medium');
});

test.each([
  ['external addresses', { externalIPs: ['1.2.3.4'] }, 'high'],
  ['a load balancer', { type: 'LoadBalancer' }, 'high'],
  ['another name', { type: 'ExternalName', externalName: 'evil.example' }, 'high'],
  ['another port', { ports: [{ port: 81 }] }, 'medium'],
])('a Service that gets %s', (_what, spec: JsonObject, level) => {
  const target = { kind: 'Service', apiVersion: 'v1', name: 'web' };
  const before = { kind: 'Service', spec: { type: 'ClusterIP', ports: [{ port: 80 }] } };
  const after = { kind: 'Service', spec: { ...before.spec, ...spec } };
  expect(risk(before, after, { target }).level).toBe(level);
  expect(risk(undefined, after, { target }).level).toBe(level);
});

test.each([
  ['twice as many', 4, 8, 'medium'],
  ['more than twice as many', 4, 9, 'high'],
  ['eleven more', 20, 31, 'high'],
  ['half as many', 4, 2, 'medium'],
  ['less than half as many', 10, 4, 'high'],
  ['a new one up to ten', undefined, 10, 'medium'],
  ['a new one beyond', undefined, 11, 'high'],
] as const)('an autoscaler that may make %s pods', (_what, from, to, level) => {
  const target = { kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v2', name: 'web' };
  const scaler = (maxReplicas: number) => ({ spec: { maxReplicas } });
  expect(risk(from === undefined ? undefined : scaler(from), scaler(to), { target }).level).toBe(level);
});

test('a snippet for a proxy is high, another annotation of an Ingress medium', () => {
  const target = { kind: 'Ingress', apiVersion: 'networking.k8s.io/v1', name: 'web' };
  const ingress = (annotations: JsonObject) => ({ metadata: { annotations } });
  const snippet = ingress({ 'nginx.ingress.kubernetes.io/configuration-snippet': 'lua' });
  expect(risk(ingress({}), snippet, { target }).level).toBe('high');
  expect(risk(ingress({}), ingress({ 'example.com/timeout': '3' }), { target }).level).toBe('medium');
});

test('the labels of a ReplicaSet are not plain, since its Deployment finds it by them', () => {
  const target = { kind: 'ReplicaSet', apiVersion: 'apps/v1', name: 'web' };
  expect(risk(deployment(), deployment({ labels: { app: 'other' } }), { target }).level).toBe('medium');
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
  ['Endpoints', 'v1'],
  ['EndpointSlice', 'discovery.k8s.io/v1'],
  ['Widget', 'example.com/v1'],
])('a change of kind %s (%s) is high', (kind, apiVersion) => {
  const target = { kind, apiVersion, name: 'x' };
  expect(risk({ a: 1 }, { a: 2 }, { target }).level).toBe('high');
});

test('deleting is high, and so is what cannot be undone; what the server did not check is a step worse', () => {
  expect(risk(deployment(), undefined).level).toBe('high');
  expect(
    risk(deployment(), deployment({ replicas: 5 }), { undo: { possible: false, why: trusted`lost` } }),
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
