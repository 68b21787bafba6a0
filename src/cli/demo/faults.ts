import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { nearestNames } from '../../core/nearest.ts';

/** One ordinary write to the cluster's API, as a colleague in a hurry makes it. */
export interface FaultWrite {
  /** A POST creates; a PATCH is a strategic one. */
  method: 'POST' | 'PATCH';
  path: string;
  body: JsonObject;
}

/** One way to break the shop. */
export interface Fault {
  name: string;
  /** What was done, one line. */
  told: string;
  writes: readonly FaultWrite[];
  /** What heals it where that does not follow from the cluster: a person's answer to the finding's question. */
  answer?: { told: string; tool: string; arguments: JsonObject };
}

const shop = {
  core: '/api/v1/namespaces/shop',
  apps: '/apis/apps/v1/namespaces/shop',
  autoscaling: '/apis/autoscaling/v2/namespaces/shop',
  networking: '/apis/networking.k8s.io/v1/namespaces/shop',
  policy: '/apis/policy/v1/namespaces/shop',
};
const payments = {
  core: '/api/v1/namespaces/payments',
  apps: '/apis/apps/v1/namespaces/payments',
};

/** Every fault by its name; the first is the one that is played where none is named. */
export const faults: readonly Fault[] = [
  {
    name: 'image-tag',
    told: 'a release of storefront with a slip in the image tag',
    writes: [podPatch('storefront', { container: { image: 'acme/storefront:1.8.22' } })],
  },
  {
    name: 'command',
    told: 'a command for worker that its image does not have',
    writes: [podPatch('worker', { container: { command: ['wroker'] } })],
  },
  {
    name: 'config-key',
    told: 'cart reads a key that its ConfigMap does not have',
    writes: [
      podPatch('cart', {
        container: {
          env: [
            {
              name: 'CURRENCY',
              valueFrom: { configMapKeyRef: { name: 'shop-settings', key: 'CURENCY' } },
            },
          ],
        },
      }),
    ],
  },
  {
    name: 'missing-secret',
    told: 'cart takes its session key from a Secret that does not exist',
    writes: [
      podPatch('cart', {
        container: {
          env: [
            { name: 'SESSION_KEY', valueFrom: { secretKeyRef: { name: 'session-key', key: 'current' } } },
          ],
        },
      }),
    ],
  },
  {
    name: 'memory-limit',
    told: 'catalog may have half of the memory it had',
    writes: [
      podPatch('catalog', {
        container: { resources: { requests: { memory: '128Mi' }, limits: { memory: '256Mi' } } },
      }),
    ],
  },
  {
    name: 'readiness-path',
    told: 'the readiness probe of cart asks for a path that is not there',
    writes: [podPatch('cart', { container: { readinessProbe: { httpGet: { path: '/healthy' } } } })],
  },
  {
    name: 'readiness-port',
    told: 'the readiness probe of storefront asks a port on which nothing listens',
    writes: [podPatch('storefront', { container: { readinessProbe: { httpGet: { port: 8081 } } } })],
  },
  {
    name: 'cpu-request',
    told: 'search asks for more processors than any node has',
    writes: [podPatch('search', { container: { resources: { requests: { cpu: '64' } } } })],
  },
  {
    name: 'node-selector',
    told: 'image-resizer selects nodes by a label with a slip in its value',
    writes: [podPatch('image-resizer', { pod: { nodeSelector: { 'kubernetes.io/os': 'linxu' } } })],
  },
  {
    name: 'target-port',
    told: 'Service cart leads to a port on which cart does not listen',
    writes: [
      {
        method: 'PATCH',
        path: `${shop.core}/services/cart`,
        body: { spec: { ports: [{ port: 8080, targetPort: 8081 }] } },
      },
    ],
  },
  {
    name: 'service-selector',
    told: 'Service catalog selects a label that no pod has',
    writes: [
      {
        method: 'PATCH',
        path: `${shop.core}/services/catalog`,
        body: { spec: { selector: { app: 'catalogue' } } },
      },
    ],
  },
  {
    name: 'dependency',
    told: 'cart looks for redis under a name that does not exist',
    writes: [
      podPatch('cart', {
        container: { env: [{ name: 'REDIS_URL', value: 'redis://rediss.shop.svc:6379' }] },
      }),
    ],
  },
  {
    name: 'network-policy',
    told: 'a new network policy lets only others than cart reach its database, redis',
    writes: [
      {
        method: 'POST',
        path: `${shop.networking}/networkpolicies`,
        body: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'redis', namespace: 'shop' },
          spec: {
            podSelector: { matchLabels: { app: 'redis' } },
            policyTypes: ['Ingress'],
            ingress: [
              { from: [{ podSelector: { matchLabels: { app: 'basket' } } }], ports: [{ port: 6379 }] },
            ],
          },
        },
      },
    ],
  },
  {
    name: 'ingress-port',
    told: 'the Ingress leads to a port that Service api does not have',
    writes: [
      {
        method: 'PATCH',
        path: `${shop.networking}/ingresses/shop`,
        body: {
          spec: {
            rules: [
              {
                host: 'shop.example.com',
                http: {
                  paths: [
                    ingressPath('/api', 'api', { number: 80 }),
                    ingressPath('/', 'storefront', { name: 'http' }),
                  ],
                },
              },
            ],
          },
        },
      },
    ],
  },
  {
    name: 'ingress-tls',
    told: 'the Ingress takes its certificate from a Secret that does not exist',
    writes: [
      {
        method: 'PATCH',
        path: `${shop.networking}/ingresses/shop`,
        body: { spec: { tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tsl' }] } },
      },
    ],
  },
  {
    name: 'cluster-dns',
    told: "the cluster's DNS was scaled to zero",
    writes: [
      {
        method: 'PATCH',
        path: '/apis/apps/v1/namespaces/kube-system/deployments/coredns',
        body: { spec: { replicas: 0 } },
      },
    ],
  },
  {
    name: 'database-down',
    told: 'the database was scaled to zero, and never back',
    writes: [
      { method: 'PATCH', path: `${shop.apps}/statefulsets/postgres`, body: { spec: { replicas: 0 } } },
    ],
    answer: {
      told: 'One: it is a single database.',
      tool: 'k8s_scale',
      arguments: { target: { kind: 'StatefulSet', name: 'postgres', namespace: 'shop' }, replicas: 1 },
    },
  },
  {
    name: 'quota',
    told: 'a smaller quota in payments, then a release',
    writes: [
      {
        method: 'PATCH',
        path: `${payments.core}/resourcequotas/payments`,
        body: { spec: { hard: { pods: '4' } } },
      },
      {
        method: 'PATCH',
        path: `${payments.apps}/deployments/payments-api`,
        body: {
          spec: {
            template: { spec: { containers: [{ name: 'payments-api', image: 'acme/payments:1.3.2' }] } },
          },
        },
      },
    ],
    answer: {
      told: 'The quota should grow: a release needs room for pods beside the old ones.',
      tool: 'k8s_patch',
      arguments: {
        target: { kind: 'ResourceQuota', name: 'payments', namespace: 'payments' },
        patch: '{"spec":{"hard":{"pods":"20"}}}',
      },
    },
  },
  {
    name: 'autoscaler-target',
    told: 'an autoscaler scales a Deployment that does not exist',
    writes: [
      {
        method: 'PATCH',
        path: `${shop.autoscaling}/horizontalpodautoscalers/api`,
        body: { spec: { scaleTargetRef: { name: 'apis' } } },
      },
    ],
    answer: {
      told: 'The Deployment api.',
      tool: 'k8s_patch',
      arguments: {
        target: { kind: 'HorizontalPodAutoscaler', name: 'api', namespace: 'shop' },
        patch: '{"spec":{"scaleTargetRef":{"name":"api"}}}',
      },
    },
  },
  {
    name: 'disruption-budget',
    told: 'a budget that never lets a pod go, so no node can be drained',
    writes: [
      {
        method: 'PATCH',
        path: `${shop.policy}/poddisruptionbudgets/api`,
        body: { spec: { minAvailable: '100%' } },
      },
    ],
    answer: {
      told: 'Yes, one of them may be missing for a while.',
      tool: 'k8s_patch',
      arguments: {
        target: { kind: 'PodDisruptionBudget', name: 'api', namespace: 'shop' },
        patch: '{"spec":{"minAvailable":null,"maxUnavailable":1}}',
      },
    },
  },
];

/** The fault of a name. @throws VigieError INVALID_INPUT, naming those there are */
export function faultNamed(name: string): Fault {
  const found = faults.find(fault => fault.name === name);
  if (found !== undefined) return found;
  const names = faults.map(fault => fault.name);
  const [nearest] = nearestNames(name, names);
  const meant = nearest === undefined ? '' : `, only ${nearest}`;
  throw new VigieError(
    'INVALID_INPUT',
    `There is no fault ${name}${meant}. There are: ${names.join(', ')}.`,
    {
      hint: 'See what each breaks: vigie demo --list',
    },
  );
}

/** A change of the pods of a Deployment of the shop, whose one container bears its name. */
function podPatch(
  name: string,
  { container = {}, pod = {} }: { container?: JsonObject; pod?: JsonObject },
): FaultWrite {
  const spec = { ...pod, containers: [{ name, ...container }] };
  return {
    method: 'PATCH',
    path: `${shop.apps}/deployments/${name}`,
    body: { spec: { template: { spec } } },
  };
}

function ingressPath(path: string, service: string, port: JsonObject): JsonObject {
  return { path, pathType: 'Prefix', backend: { service: { name: service, port } } };
}
