import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { objectNamed, send, startShop } from '../../support/sandbox-client.ts';

// The words are those of a real API server (1.36.2) for the same pods.

const key = 'pod-security.kubernetes.io/';

function namespace(name: string, labels: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startShop([
    namespace('strict', { [`${key}enforce`]: 'restricted' }),
    namespace('base', { [`${key}enforce`]: 'baseline', [`${key}warn`]: 'restricted' }),
    namespace('old', { [`${key}enforce`]: 'restricted', [`${key}enforce-version`]: 'v1.20' }),
  ]);
});
afterAll(() => sandbox.close());

const good: JsonObject = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const container = (name: string, more: JsonObject = {}): JsonObject => ({ name, image: 'x', ...more });
const secured = (context: JsonObject, name = 'c'): JsonObject =>
  container(name, { securityContext: context });
const fine = { containers: [secured(good)] };

function tryPod(where: string, spec: JsonObject): ReturnType<typeof send> {
  const path = `/api/v1/namespaces/${where}/pods?dryRun=All`;
  const body = objectNamed('Pod', 'p', { spec: { containers: [container('c')], ...spec } });
  return send(sandbox, { method: 'POST', path, body });
}

const allFour =
  'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

describe('restricted', () => {
  test.each<[string, JsonObject, string]>([
    ['nothing set', {}, allFour],
    [
      'two of three',
      { initContainers: [container('i')], containers: [container('a'), secured(good, 'b')] },
      'allowPrivilegeEscalation != false (containers "i", "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "i", "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "i", "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "i", "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      'root by both',
      {
        securityContext: { runAsUser: 0, runAsNonRoot: false },
        containers: [secured({ ...good, runAsUser: 0, runAsNonRoot: false })],
      },
      'runAsNonRoot != true (pod and container "c" must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod and container "c" must not set runAsUser=0)',
    ],
    [
      'capabilities in two ways',
      {
        containers: [
          secured({ ...good, capabilities: { add: ['CHOWN'] } }, 'a'),
          secured({ ...good, capabilities: { drop: ['ALL'], add: ['FOO', 'NET_BIND_SERVICE'] } }, 'b'),
        ],
      },
      'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; containers "a", "b" must not include "CHOWN", "FOO" in securityContext.capabilities.add)',
    ],
    [
      'no filter for system calls',
      {
        securityContext: { seccompProfile: { type: 'Unconfined' } },
        containers: [secured({ ...good, seccompProfile: { type: 'Unconfined' } })],
      },
      'seccompProfile (pod and container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'volumes',
      {
        ...fine,
        volumes: [
          { name: 'h', hostPath: { path: '/' } },
          { name: 'n', nfs: { server: 'a', path: '/' } },
          { name: 'e', emptyDir: {} },
        ],
      },
      'restricted volume types (volumes "h", "n" use restricted volume types "hostPath", "nfs")',
    ],
    [
      'the host',
      { ...fine, hostNetwork: true, hostPID: true, hostIPC: true },
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
    ],
  ])('%s', async (_what, spec, why) => {
    expect((await tryPod('strict', spec)).body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: `pods "p" is forbidden: violates PodSecurity "restricted:latest": ${why}`,
    });
  });

  test('a pod that keeps to it is taken, with the volume of its token', async () => {
    expect((await tryPod('strict', fine)).status).toBe(201);
  });

  test('an older version of it asks for less, and is named', async () => {
    expect((await tryPod('old', {})).body['message']).toBe(
      'pods "p" is forbidden: violates PodSecurity "restricted:v1.20": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });
});

describe('baseline', () => {
  test.each<[string, JsonObject, string]>([
    [
      'privileged',
      { containers: [secured({ privileged: true })] },
      'privileged (container "c" must not set securityContext.privileged=true)',
    ],
    ['the network of the host', { hostNetwork: true }, 'host namespaces (hostNetwork=true)'],
    [
      'ports of the host',
      {
        containers: [
          container('c', {
            ports: [
              { containerPort: 80, hostPort: 80 },
              { containerPort: 81, hostPort: 81 },
            ],
          }),
        ],
      },
      'hostPort (container "c" uses hostPorts 80, 81)',
    ],
    [
      'paths of the host',
      {
        volumes: [
          { name: 'h', hostPath: { path: '/' } },
          { name: 'i', hostPath: { path: '/' } },
        ],
      },
      'hostPath volumes (volumes "h", "i")',
    ],
    [
      'capabilities',
      { containers: [secured({ capabilities: { add: ['NET_ADMIN', 'SYS_TIME', 'CHOWN'] } })] },
      'non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
    ],
    [
      'labels of SELinux',
      {
        securityContext: { seLinuxOptions: { type: 'foo', user: 'u' } },
        containers: [secured({ seLinuxOptions: { role: 'r' } })],
      },
      'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "foo"; user may not be set; role may not be set)',
    ],
    [
      'settings of the kernel',
      {
        securityContext: {
          sysctls: [
            { name: 'kernel.sem', value: '1' },
            { name: 'kernel.msgmax', value: '1' },
          ],
        },
      },
      'forbidden sysctls (kernel.sem, kernel.msgmax)',
    ],
    [
      'no profile of AppArmor',
      { containers: [secured({ appArmorProfile: { type: 'Unconfined' } })] },
      'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'probes that go elsewhere',
      { containers: [container('c', { livenessProbe: { httpGet: { port: 80, host: '1.2.3.4' } } })] },
      'probe or lifecycle host (container "c" uses probe or lifecycle host "1.2.3.4")',
    ],
  ])('%s', async (_what, spec, why) => {
    expect((await tryPod('base', spec)).body).toMatchObject({
      code: 403,
      message: `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${why}`,
    });
  });

  test('what a stricter level would not take is warned of', async () => {
    const answer = await tryPod('base', {});
    expect(answer.status).toBe(201);
    expect(String(answer.headers['warning'])).toBe(
      `299 - "would violate PodSecurity \\"restricted:latest\\": ${allFour.replaceAll('"', '\\"')}"`,
    );
  });
});

test.each(['strict', 'base'])(
  'a deployment in %s is taken with a warning of what its pods will break',
  async where => {
    const body = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container('c')] } },
      },
    };
    const path = `/apis/apps/v1/namespaces/${where}/deployments?dryRun=All`;
    const answer = await send(sandbox, { method: 'POST', path, body });
    expect(answer.status).toBe(201);
    expect(String(answer.headers['warning'])).toContain(
      'would violate PodSecurity \\"restricted:latest\\": allow',
    );
  },
);

test('labels that name no level and no version are refused', async () => {
  const body = namespace('x', { [`${key}enforce`]: 'strict', [`${key}warn-version`]: '1.2' });
  const answer = await send(sandbox, { method: 'POST', path: '/api/v1/namespaces', body });
  expect(answer.body['message']).toBe(
    'Namespace "x" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]',
  );
});

test('a namespace that becomes stricter warns of the pods it has', async () => {
  for (const [name, more] of [
    ['p1', {}],
    ['p2', {}],
    ['p-x', { hostNetwork: true }],
  ] as const) {
    const body = objectNamed('Pod', name, { spec: { containers: [container('c')], ...more } });
    await send(sandbox, { method: 'POST', path: '/api/v1/namespaces/shop/pods', body });
  }
  const answer = await send(sandbox, {
    method: 'PATCH',
    path: '/api/v1/namespaces/shop?dryRun=All',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { labels: { [`${key}enforce`]: 'restricted' } } },
  });
  expect(answer.status).toBe(200);
  const four =
    'allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile';
  expect(String(answer.headers['warning'])).toBe(
    [
      'existing pods in namespace \\"shop\\" violate the new PodSecurity enforce level \\"restricted:latest\\"',
      `p-x: host namespaces, ${four}`,
      `p1 (and 1 other pod): ${four}`,
    ]
      .map(text => `299 - "${text}"`)
      .join(', '),
  );
});
