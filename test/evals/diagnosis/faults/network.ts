import type { JsonObject } from '../../../../src/core/json.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { crashes, unready, well } from '../lives.ts';
import * as make from '../objects.ts';
import type { Fault, Label, Place, Way } from '../world.ts';
import { endedCertificate, othersCertificate } from './pems.ts';

const everyWay: readonly Way[] = ['sandbox', 'dump', 'spec', 'recorded'];
const ports = (...each: JsonObject[]) => ({ ports: each });

/** Needs nothing but what is declared: found by every way. */
function fromSpec(
  name: string,
  row: Label['row'],
  plant: (at: Place) => { objects: KubeObject[]; labels: Label[] },
): Fault {
  return { name, row, ways: everyWay, plant };
}

const services: Fault[] = [
  fromSpec('service-nothing', 'service', at => ({
    objects: [make.service(at, 'legacy')],
    labels: [
      {
        row: 'service',
        object: make.ref(at, 'Service', 'legacy'),
        also: [{ row: 'selector-mismatch', why: 'its selector matches nothing' }],
      },
    ],
  })),
  fromSpec('service-external-address', 'service', at => ({
    objects: [
      make.object(at, 'Service', at.name('legacy'), {
        spec: { type: 'ExternalName', externalName: '10.1.2.3' },
      }),
    ],
    labels: [
      {
        row: 'service',
        object: make.ref(at, 'Service', 'legacy'),
        also: [{ row: 'dns', why: 'what is wrong with it is the name it is resolved to' }],
      },
    ],
  })),
  fromSpec('service-no-selector', 'service', at => ({
    objects: [make.object(at, 'Service', at.name('legacy'), { spec: { ports: [{ port: 5432 }] } })],
    labels: [{ row: 'service', object: make.ref(at, 'Service', 'legacy') }],
  })),
];

const servicePorts: Fault[] = [
  fromSpec('port-name', 'service-port', at => ({
    objects: [
      make.deployment(at, 'orders'),
      make.service(at, 'orders', ports({ name: 'web', port: 80, targetPort: 'web' })),
    ],
    labels: [{ row: 'service-port', object: make.ref(at, 'Service', 'orders') }],
  })),
  fromSpec('port-number', 'service-port', at => ({
    objects: [
      make.deployment(at, 'orders'),
      make.service(at, 'orders', ports({ name: 'http', port: 80, targetPort: 8081 })),
    ],
    labels: [{ row: 'service-port', object: make.ref(at, 'Service', 'orders') }],
  })),
  fromSpec('port-default', 'service-port', at => ({
    objects: [
      make.statefulSet(at, 'orders', {
        container: { ports: [{ name: 'sql', containerPort: 5432 }], image: 'acme/database:17' },
      }),
      make.headless(at, 'orders', { ports: [{ name: 'sql', port: 5432 }] }),
      {
        ...make.service(at, 'orders', ports({ name: 'sql', port: 80 })),
        metadata: { name: at.name('orders-rw'), namespace: at.namespace },
      },
    ],
    labels: [{ row: 'service-port', object: make.ref(at, 'Service', 'orders-rw') }],
  })),
  fromSpec('port-protocol', 'service-port', at => ({
    objects: [
      make.deployment(at, 'orders', {
        container: { ports: [{ name: 'syslog', containerPort: 5140, protocol: 'UDP' }] },
      }),
      make.service(at, 'orders', ports({ name: 'syslog', port: 514, targetPort: 5140, protocol: 'TCP' })),
    ],
    labels: [{ row: 'service-port', object: make.ref(at, 'Service', 'orders') }],
  })),
];

const local = (field: string, more: JsonObject = {}): JsonObject => ({ [field]: 'Local', ...more });
const trafficPolicies: Fault[] = [
  {
    name: 'traffic-internal-local',
    row: 'traffic-policy',
    ways: ['dump', 'sandbox', 'recorded'],
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          replicas: 1,
          pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } },
        }),
        make.service(at, 'orders', local('internalTrafficPolicy')),
        make.deployment(at, 'client', {
          replicas: 1,
          pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } },
          container: { env: [make.env('ORDERS_URL', `http://${at.name('orders')}.${at.namespace}.svc:80`)] },
        }),
      ],
      labels: [{ row: 'traffic-policy', object: make.ref(at, 'Service', 'orders') }],
    }),
  },
  {
    name: 'traffic-internal-daemon-client',
    row: 'traffic-policy',
    ways: ['dump', 'sandbox', 'recorded'],
    plant: at => ({
      objects: [
        make.statefulSet(at, 'collector', { pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-3' } } }),
        make.headless(at, 'collector'),
        {
          ...make.service(at, 'collector', local('internalTrafficPolicy')),
          metadata: { name: at.name('collector-local'), namespace: at.namespace },
        },
        make.daemonSet(at, 'agent', {
          container: { ports: [], env: [make.env('COLLECTOR', `${at.name('collector-local')}:80`)] },
        }),
      ],
      labels: [{ row: 'traffic-policy', object: make.ref(at, 'Service', 'collector-local') }],
    }),
  },
  {
    name: 'traffic-internal-other-node',
    row: 'traffic-policy',
    ways: ['dump', 'sandbox', 'recorded'],
    plant: at => ({
      objects: [
        make.deployment(at, 'cache', {
          replicas: 1,
          pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } },
        }),
        make.service(at, 'cache', local('internalTrafficPolicy', { ports: [{ name: 'http', port: 8080 }] })),
        make.configMap(at, 'client', { CACHE_URL: `http://${at.name('cache')}:8080` }),
        make.statefulSet(at, 'client', {
          pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } },
          container: { envFrom: [{ configMapRef: { name: at.name('client') } }] },
        }),
        make.headless(at, 'client'),
      ],
      labels: [{ row: 'traffic-policy', object: make.ref(at, 'Service', 'cache') }],
    }),
  },
];

const loadBalancers: Fault[] = (
  [
    ['lb-plain', {}],
    ['lb-class', { loadBalancerClass: 'acme.dev/none' }],
    ['lb-local', { externalTrafficPolicy: 'Local' }],
    ['lb-no-node-ports', { allocateLoadBalancerNodePorts: false }],
  ] as const
).map(([name, spec]) => ({
  name,
  row: 'load-balancer',
  ways: ['dump', 'recorded'],
  plant: at => {
    const front = make.service(at, 'orders', { type: 'LoadBalancer', ...spec });
    return {
      objects: [
        make.deployment(at, 'orders'),
        at.way === 'dump' ? { ...front, status: { loadBalancer: {} } } : front,
      ],
      labels: [{ row: 'load-balancer', object: make.ref(at, 'Service', 'orders') }],
    };
  },
}));

const headlessFaults: Fault[] = [
  fromSpec('headless-missing', 'headless', at => ({
    objects: [make.statefulSet(at, 'orders')],
    labels: [
      {
        row: 'headless',
        object: make.ref(at, 'Service', 'orders'),
        also: [{ object: make.ref(at, 'StatefulSet', 'orders'), why: 'it names the service' }],
      },
    ],
  })),
  fromSpec('headless-not', 'headless', at => ({
    objects: [
      make.statefulSet(at, 'orders', {
        replicas: 3,
        // Its pods look for each other by names that only a headless service gives.
        container: {
          env: [
            make.env(
              'PEERS',
              [0, 1, 2].map(index => `${at.name('orders')}-${index}.${at.name('orders')}:8080`).join(','),
            ),
          ],
        },
      }),
      make.service(at, 'orders'),
    ],
    labels: [
      {
        row: 'headless',
        object: make.ref(at, 'Service', 'orders'),
        also: [{ object: make.ref(at, 'StatefulSet', 'orders'), why: 'it names the service' }],
      },
    ],
  })),
  fromSpec('headless-misspelled', 'headless', at => ({
    objects: [
      make.statefulSet(at, 'orders', { spec: { serviceName: at.name('order') } }),
      make.headless(at, 'orders'),
    ],
    labels: [
      {
        row: 'headless',
        object: make.ref(at, 'StatefulSet', 'orders'),
        also: [{ object: make.ref(at, 'Service', 'order'), why: 'it is the one that is missing' }],
      },
    ],
  })),
];

const ingresses: Fault[] = [
  fromSpec('ingress-class', 'ingress', at => ({
    objects: [
      make.deployment(at, 'orders'),
      make.service(at, 'orders'),
      make.ingress(at, 'orders', { spec: { ingressClassName: 'ngnix' } }),
    ],
    labels: [
      {
        row: 'ingress',
        object: make.ref(at, 'Ingress', 'orders'),
        also: [{ object: { kind: 'IngressClass', name: 'ngnix' }, why: 'it is missing' }],
      },
    ],
  })),
  fromSpec('ingress-backend', 'ingress', at => ({
    objects: [
      make.deployment(at, 'orders'),
      make.service(at, 'orders'),
      make.ingress(at, 'orders', { backend: at.name('ordres') }),
    ],
    labels: [
      {
        row: 'ingress',
        object: make.ref(at, 'Ingress', 'orders'),
        also: [{ object: make.ref(at, 'Service', 'ordres'), why: 'it is missing' }],
      },
    ],
  })),
  fromSpec('ingress-port', 'ingress', at => ({
    objects: [
      make.deployment(at, 'orders'),
      make.service(at, 'orders'),
      make.ingress(at, 'orders', { port: { number: 8080 } }),
    ],
    labels: [{ row: 'ingress', object: make.ref(at, 'Ingress', 'orders') }],
  })),
  fromSpec('ingress-tls', 'ingress', at => ({
    objects: [
      make.deployment(at, 'orders'),
      make.service(at, 'orders'),
      make.ingress(at, 'orders', {
        spec: {
          tls: [
            {
              hosts: [`${at.name('orders')}.${at.namespace}.example.com`],
              secretName: at.name('orders-tls'),
            },
          ],
        },
      }),
    ],
    labels: [
      {
        row: 'ingress',
        object: make.ref(at, 'Secret', 'orders-tls'),
        also: [
          { object: make.ref(at, 'Ingress', 'orders'), why: 'it names the secret' },
          { row: 'certificate', why: 'what is missing is a certificate' },
        ],
      },
    ],
  })),
  fromSpec('ingress-duplicate', 'ingress', at => {
    const host = `same.${at.namespace}.example.com`;
    return {
      objects: [
        make.deployment(at, 'orders'),
        make.service(at, 'orders'),
        make.ingress(at, 'orders', { host }),
        make.ingress(at, 'copy', { host, backend: at.name('orders') }),
      ],
      labels: [
        {
          row: 'ingress',
          object: make.ref(at, 'Ingress', 'orders'),
          also: [{ object: make.ref(at, 'Ingress', 'copy'), why: 'one of two' }],
        },
      ],
    };
  }),
];

const gatewayApi = 'gateway.networking.k8s.io/v1';
const gatewayClass = make.object(undefined, 'GatewayClass', 'envoy', {
  apiVersion: gatewayApi,
  spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
  status: {
    conditions: [
      {
        type: 'Accepted',
        status: 'True',
        reason: 'Accepted',
        message: '',
        lastTransitionTime: '2026-11-01T00:00:00Z',
      },
    ],
  },
});
function gateway(at: Place, more: JsonObject = {}, className = 'envoy'): KubeObject {
  return make.object(at, 'Gateway', at.name('edge'), {
    apiVersion: gatewayApi,
    spec: { gatewayClassName: className, listeners: [{ name: 'http', port: 80, protocol: 'HTTP', ...more }] },
  });
}
function route(
  at: Place,
  { parent = at.name('edge'), backend = at.name('orders'), port = 80 } = {},
): KubeObject {
  return make.object(at, 'HTTPRoute', at.name('orders'), {
    apiVersion: gatewayApi,
    spec: { parentRefs: [{ name: parent }], rules: [{ backendRefs: [{ name: backend, port }] }] },
  });
}
const gateways: Fault[] = (
  [
    ['gateway-class', at => [gateway(at, {}, 'istoi'), route(at)], at => make.ref(at, 'Gateway', 'edge')],
    [
      'route-parent',
      at => [gateway(at), route(at, { parent: at.name('egde') })],
      at => make.ref(at, 'HTTPRoute', 'orders'),
    ],
    [
      'route-backend',
      at => [gateway(at), route(at, { backend: at.name('ordres') })],
      at => make.ref(at, 'HTTPRoute', 'orders'),
    ],
    ['route-port', at => [gateway(at), route(at, { port: 9000 })], at => make.ref(at, 'HTTPRoute', 'orders')],
    [
      'gateway-tls',
      at => [
        gateway(at, {
          name: 'https',
          port: 443,
          protocol: 'HTTPS',
          tls: { certificateRefs: [{ name: at.name('edge-tls') }] },
        }),
        route(at),
      ],
      at => make.ref(at, 'Gateway', 'edge'),
    ],
  ] satisfies [string, (at: Place) => KubeObject[], (at: Place) => Label['object']][]
).map(
  ([name, objects, object]): Fault => ({
    name,
    row: 'gateway',
    ways: ['dump', 'spec', 'sandbox', 'recorded'],
    plant: at => ({
      objects: [
        ...(at.way === 'dump' || at.way === 'spec' ? [gatewayClass] : []),
        make.deployment(at, 'orders'),
        make.service(at, 'orders'),
        ...objects(at),
      ],
      labels: [
        {
          row: 'gateway',
          object: object(at),
          also: [
            { object: { kind: 'GatewayClass', name: 'istoi' }, why: 'what it names is missing' },
            { object: make.ref(at, 'Secret', 'edge-tls'), why: 'what it names is missing' },
            { object: make.ref(at, 'Service', 'ordres'), why: 'what it names is missing' },
          ],
        },
      ],
    }),
  }),
);

const databaseUrl = (host: string) => ({ env: [make.env('DATABASE_URL', `postgres://${host}:5432/app`)] });
const names: Fault[] = [
  {
    name: 'dns-misspelled',
    row: 'dns',
    ways: ['sandbox', 'dump', 'recorded'],
    plant: at => {
      const host = `${at.name('databse')}.${at.namespace}.svc`;
      return {
        objects: [
          make.deployment(at, 'orders', { container: { image: 'acme/client:1.0', ...databaseUrl(host) } }),
        ],
        lives: {
          orders: crashes(1, { log: [`fatal: dial tcp: lookup ${host} on 10.96.0.10:53: no such host`] }),
        },
        labels: [
          {
            row: 'dns',
            object: make.ref(at, 'Deployment', 'orders'),
            also: [
              { row: 'crash-loop', why: 'it crashes for it' },
              { row: 'service', why: 'the name is a service that is missing' },
            ],
          },
        ],
      };
    },
  },
  {
    name: 'dns-other-namespace',
    row: 'dns',
    ways: ['sandbox', 'dump', 'recorded'],
    plant: at => {
      const host = `${at.name('database')}.data.svc.cluster.local`;
      return {
        objects: [
          make.deployment(at, 'orders', { container: { image: 'acme/client:1.0', ...databaseUrl(host) } }),
        ],
        lives: {
          orders: crashes(1, {
            log: [`could not translate host name "${host}" to address: Name or service not known`],
          }),
        },
        labels: [
          {
            row: 'dns',
            object: make.ref(at, 'Deployment', 'orders'),
            also: [
              { row: 'crash-loop', why: 'it crashes for it' },
              { row: 'service', why: 'the name is a service that is missing' },
            ],
          },
        ],
      };
    },
  },
  {
    name: 'dns-unready',
    row: 'dns',
    ways: ['dump', 'recorded'],
    plant: at => {
      const host = at.name('databaze');
      return {
        objects: [
          make.deployment(at, 'orders', {
            container: {
              ...databaseUrl(host),
              readinessProbe: { httpGet: { path: '/healthz', port: 8080 } },
            },
          }),
        ],
        lives: {
          orders: unready('HTTP probe failed with statuscode: 503', [`Error: getaddrinfo ENOTFOUND ${host}`]),
        },
        labels: [
          {
            row: 'dns',
            object: make.ref(at, 'Deployment', 'orders'),
            also: [{ row: 'service', why: 'the name is a service that is missing' }],
          },
        ],
      };
    },
  },
];

function policy(at: Place, base: string, spec: JsonObject): KubeObject {
  return make.object(at, 'NetworkPolicy', at.name(base), { apiVersion: 'networking.k8s.io/v1', spec });
}
const caller = (at: Place) =>
  make.deployment(at, 'orders', {
    container: {
      env: [make.env('DATABASE_URL', `postgres://${at.name('database')}.${at.namespace}.svc:5432/app`)],
    },
  });
const dnsRule = {
  to: [{ namespaceSelector: {} }],
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
};
const networkPolicies: Fault[] = (
  [
    [
      'policy-deny-in',
      at => ({ podSelector: { matchLabels: at.labels('database') }, policyTypes: ['Ingress'] }),
    ],
    [
      'policy-other-label',
      at => ({
        podSelector: { matchLabels: at.labels('database') },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: at.labels('order') } }] }],
      }),
    ],
    [
      'policy-other-port',
      at => ({
        podSelector: { matchLabels: at.labels('database') },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 5433 }] }],
      }),
    ],
    [
      'policy-deny-out',
      at => ({
        podSelector: { matchLabels: at.labels('orders') },
        policyTypes: ['Egress'],
        egress: [dnsRule],
      }),
    ],
    [
      'policy-other-namespace',
      at => ({
        podSelector: { matchLabels: at.labels('database') },
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'elsewhere' } } }] },
        ],
      }),
    ],
    [
      'policy-no-dns',
      at => ({
        podSelector: { matchLabels: at.labels('orders') },
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: { matchLabels: at.labels('database') } }] }],
      }),
    ],
  ] satisfies [string, (at: Place) => JsonObject][]
).map(([name, spec]) => ({
  name,
  row: 'network-policy',
  ways: everyWay,
  plant: at => ({
    objects: [caller(at), policy(at, 'guard', spec(at))],
    lives: { orders: well },
    labels: [
      {
        row: 'network-policy',
        object: make.ref(at, 'NetworkPolicy', 'guard'),
        ...(name === 'policy-no-dns' ? { also: [{ row: 'dns', why: 'names are not resolved for it' }] } : {}),
      } satisfies Label,
    ],
  }),
}));

function webhook(at: Place, kind: string, service: string): KubeObject {
  return make.object(undefined, kind, at.name(`${at.namespace}-guard`), {
    apiVersion: 'admissionregistration.k8s.io/v1',
    webhooks: [
      {
        name: 'guard.acme.dev',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 5,
        clientConfig: { service: { name: service, namespace: at.namespace, path: '/check', port: 443 } },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'nobody-lives-here' } },
        rules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['deployments'],
          },
        ],
      },
    ],
  });
}
const webhooks: Fault[] = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].flatMap(kind => [
  fromSpec(`webhook-${kind.slice(0, 8).toLowerCase()}-missing`, 'webhook', at => ({
    objects: [webhook(at, kind, at.name('guard'))],
    labels: [
      {
        row: 'webhook',
        object: { kind, name: at.name(`${at.namespace}-guard`) },
        also: [{ object: make.ref(at, 'Service', 'guard'), why: 'it is missing' }],
      },
    ],
  })),
  fromSpec(`webhook-${kind.slice(0, 8).toLowerCase()}-empty`, 'webhook', at => ({
    objects: [
      make.deployment(at, 'guard', {
        replicas: 0,
        container: { ports: [{ name: 'https', containerPort: 8443 }] },
      }),
      make.service(at, 'guard', { ports: [{ name: 'https', port: 443, targetPort: 'https' }] }),
      webhook(at, kind, at.name('guard')),
    ],
    labels: [
      {
        row: 'webhook',
        object: { kind, name: at.name(`${at.namespace}-guard`) },
        also: [
          {
            object: make.ref(at, 'Deployment', 'guard'),
            row: 'scaled-to-zero',
            why: 'its backend was scaled to zero',
          },
          { object: make.ref(at, 'Service', 'guard'), why: 'it leads nowhere' },
        ],
      },
    ],
  })),
]);

/** In a snapshot the dates of a certificate stand beside it: whoever reads a Secret drops what is in it. */
function tlsSecret(at: Place, certificate: string): KubeObject {
  return make.object(at, 'Secret', at.name('orders-tls'), {
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': certificate, 'tls.key': 'ZGVtbw==' },
  });
}
const certificates: Fault[] = [
  fromSpec('certificate-ended', 'certificate', at => ({
    objects: [
      tlsSecret(at, endedCertificate),
      make.deployment(at, 'orders'),
      make.service(at, 'orders'),
      make.ingress(at, 'orders', {
        host: `orders.${at.namespace}.example.com`,
        spec: { tls: [{ hosts: [`orders.${at.namespace}.example.com`], secretName: at.name('orders-tls') }] },
      }),
    ],
    labels: [
      {
        row: 'certificate',
        object: make.ref(at, 'Secret', 'orders-tls'),
        also: [{ object: make.ref(at, 'Ingress', 'orders'), why: 'it shows it' }],
      },
    ],
  })),
  fromSpec('certificate-other-name', 'certificate', at => ({
    objects: [
      tlsSecret(at, othersCertificate),
      make.deployment(at, 'orders'),
      make.service(at, 'orders'),
      make.ingress(at, 'orders', {
        spec: {
          tls: [
            {
              hosts: [`${at.name('orders')}.${at.namespace}.example.com`],
              secretName: at.name('orders-tls'),
            },
          ],
        },
      }),
    ],
    labels: [
      {
        row: 'certificate',
        object: make.ref(at, 'Secret', 'orders-tls'),
        also: [{ object: make.ref(at, 'Ingress', 'orders'), why: 'it wants another' }],
      },
    ],
  })),
  fromSpec('certificate-ended-mounted', 'certificate', at => ({
    objects: [
      tlsSecret(at, endedCertificate),
      make.deployment(at, 'orders', {
        container: { volumeMounts: [{ name: 'tls', mountPath: '/tls' }] },
        pod: { volumes: [{ name: 'tls', secret: { secretName: at.name('orders-tls') } }] },
      }),
    ],
    labels: [{ row: 'certificate', object: make.ref(at, 'Secret', 'orders-tls') }],
  })),
];

export const networkFaults: readonly Fault[] = [
  ...services,
  ...servicePorts,
  ...trafficPolicies,
  ...loadBalancers,
  ...headlessFaults,
  ...ingresses,
  ...gateways,
  ...names,
  ...networkPolicies,
  ...webhooks,
  ...certificates,
];
