import type { JsonObject } from '../../../../src/core/json.ts';
import {
  crashes,
  evicted,
  initFails,
  killed,
  outOfMemory,
  pullsNot,
  startsNot,
  unready,
  waits,
} from '../lives.ts';
import * as make from '../objects.ts';
import type { Fault, Label, Place } from '../world.ts';

const own = (at: Place, row: Label['row'], base = 'orders', kind = 'Deployment'): Label[] => [
  { row, object: make.ref(at, kind, base) },
];

/** Ends again and again by itself: the workload is where that is mended. */
const crashLoops: Fault[] = [
  { exit: 1, image: 'acme/loader:1.0', log: ['starting', 'fatal: cannot go on'] },
  { exit: 2, image: 'acme/flags:1.0', log: ['error: unknown flag: --prot', 'usage: server [--port N]'] },
  {
    exit: 3,
    image: 'acme/importer:2.1',
    log: ['panic: index out of range [4] with length 4', 'goroutine 1 [running]:'],
  },
  { exit: 127, image: 'acme/shell:1.0', log: ['/entrypoint.sh: line 3: sever: not found'] },
  { exit: 139, image: 'acme/native:1.0', log: ['loading model'] },
  { exit: 0, image: 'acme/oneshot:1.0', log: ['done'] },
].map(({ exit, image, log }) => ({
  name: `crash-exit-${exit}`,
  row: 'crash-loop',
  plant: at => ({
    objects: [make.deployment(at, 'orders', { container: { image } })],
    lives: { orders: crashes(exit, { log }) },
    labels: own(at, 'crash-loop'),
  }),
}));

const moreCrashLoops: Fault[] = [
  {
    name: 'crash-env-missing',
    row: 'crash-loop',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', { container: { image: 'acme/picky:1.0' } }),
        make.service(at, 'orders'),
      ],
      lives: { orders: crashes(1, { log: ['error: the environment variable API_KEY is not set'] }) },
      labels: own(at, 'crash-loop'),
    }),
  },
  {
    name: 'crash-sidecar',
    row: 'crash-loop',
    ways: ['sandbox', 'dump'],
    plant: at => ({
      objects: [
        make.statefulSet(at, 'orders', {
          pod: {
            containers: [
              { name: 'main', image: 'acme/web:1.4', ports: [{ containerPort: 8080 }] },
              { name: 'shipper', image: 'acme/importer:2.1' },
            ],
          },
        }),
        make.headless(at, 'orders'),
      ],
      lives: { orders: crashes(3, { which: 1, log: ['yaml: line 4: did not find expected key'] }) },
      labels: own(at, 'crash-loop', 'orders', 'StatefulSet'),
    }),
  },
];

const outOfMemories: Fault[] = [
  {
    name: 'oom-limit',
    row: 'out-of-memory',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: {
            image: 'acme/hungry:1.0',
            resources: { requests: { memory: '64Mi' }, limits: { memory: '256Mi' } },
          },
        }),
        make.service(at, 'orders'),
      ],
      lives: { orders: outOfMemory() },
      labels: own(at, 'out-of-memory'),
    }),
  },
  {
    name: 'oom-stateful',
    row: 'out-of-memory',
    plant: at => ({
      objects: [
        make.statefulSet(at, 'orders', {
          container: { image: 'acme/hungry:1.0', resources: { limits: { memory: '128Mi' } } },
        }),
        make.headless(at, 'orders'),
      ],
      lives: { orders: outOfMemory() },
      labels: own(at, 'out-of-memory', 'orders', 'StatefulSet'),
    }),
  },
  {
    name: 'oom-sidecar',
    row: 'out-of-memory',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          pod: {
            containers: [
              { name: 'main', image: 'acme/web:1.4' },
              { name: 'cache', image: 'acme/hungry:1.0', resources: { limits: { memory: '200Mi' } } },
            ],
          },
        }),
      ],
      lives: { orders: outOfMemory(1) },
      labels: own(at, 'out-of-memory'),
    }),
  },
];

const notFound =
  'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/IMAGE": failed to resolve reference "docker.io/IMAGE": docker.io/IMAGE: not found';
const imagePulls: Fault[] = [
  {
    name: 'image-tag',
    row: 'image-pull',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', { container: { image: 'acme/web:9.9' } }),
        make.service(at, 'orders'),
      ],
      lives: { orders: pullsNot(notFound) },
      labels: own(at, 'image-pull'),
    }),
  },
  {
    name: 'image-stateful-tag',
    row: 'image-pull',
    plant: at => ({
      objects: [
        make.statefulSet(at, 'orders', { container: { image: 'acme/web:missing' } }),
        make.headless(at, 'orders'),
      ],
      lives: { orders: pullsNot(notFound) },
      labels: own(at, 'image-pull', 'orders', 'StatefulSet'),
    }),
  },
  {
    name: 'image-name',
    row: 'image-pull',
    plant: at => ({
      objects: [make.deployment(at, 'orders', { container: { image: 'Acme/Web:1.4' } })],
      lives: {
        orders: waits(
          'InvalidImageName',
          'Failed to apply default image tag "Acme/Web:1.4": couldn\'t parse image name "Acme/Web:1.4": invalid reference format: repository name (library/Acme/Web) must be lowercase',
          [
            {
              reason: 'InspectFailed',
              message:
                'Failed to apply default image tag "Acme/Web:1.4": couldn\'t parse image name "Acme/Web:1.4": invalid reference format: repository name (library/Acme/Web) must be lowercase',
              count: 50,
            },
            { reason: 'Failed', message: 'Error: InvalidImageName', count: 50 },
          ],
        ),
      },
      labels: own(at, 'image-pull'),
    }),
  },
  {
    name: 'image-never',
    row: 'image-pull',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', { container: { image: 'acme/web:1.5', imagePullPolicy: 'Never' } }),
      ],
      lives: {
        orders: waits(
          'ErrImageNeverPull',
          'Container image "acme/web:1.5" is not present with pull policy of Never',
          [
            {
              reason: 'ErrImageNeverPull',
              message: 'Container image "acme/web:1.5" is not present with pull policy of Never',
              count: 50,
            },
            { reason: 'Failed', message: 'Error: ErrImageNeverPull', count: 50 },
          ],
        ),
      },
      labels: own(at, 'image-pull'),
    }),
  },
  {
    name: 'image-pull-secret',
    row: 'image-pull',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: { image: 'acme/private:1.0' },
          pod: { imagePullSecrets: [{ name: at.name('registry') }] },
        }),
      ],
      lives: {
        orders: pullsNot(
          'failed to pull and unpack image "docker.io/IMAGE": failed to resolve reference "docker.io/IMAGE": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
        ),
      },
      labels: [
        {
          row: 'image-pull',
          object: make.ref(at, 'Secret', 'registry'),
          also: [
            { object: make.ref(at, 'Deployment', 'orders'), why: 'it names the secret' },
            { row: 'container-config', why: 'a Secret is missing' },
          ],
        },
      ],
    }),
  },
  ...(
    [
      [
        'image-auth',
        'failed to pull and unpack image "docker.io/IMAGE": failed to resolve reference "docker.io/IMAGE": failed to authorize: failed to fetch oauth token: unexpected status from GET request to auth: 401 Unauthorized',
      ],
      [
        'image-registry-name',
        'failed to pull and unpack image "IMAGE": failed to resolve reference "IMAGE": failed to do request: Head "https://registry.acme.internal/v2/web/manifests/1.4": dial tcp: lookup registry.acme.internal on 10.0.0.2:53: no such host',
      ],
      [
        'image-rate-limit',
        'failed to pull and unpack image "docker.io/IMAGE": failed to copy: httpReadSeeker: failed open: unexpected status code 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.',
      ],
      [
        'image-platform',
        'failed to pull and unpack image "docker.io/IMAGE": no match for platform in manifest: not found',
      ],
      [
        'image-timeout',
        'failed to pull and unpack image "docker.io/IMAGE": failed to resolve reference "docker.io/IMAGE": failed to do request: Head "https://registry.acme.internal/v2/web/manifests/1.4": dial tcp 10.9.8.7:443: i/o timeout',
      ],
    ] as const
  ).map(
    ([name, why]): Fault => ({
      name,
      row: 'image-pull',
      ways: ['dump', 'recorded'],
      plant: at => ({
        objects: [make.deployment(at, 'orders')],
        lives: { orders: pullsNot(why) },
        labels: own(at, 'image-pull'),
      }),
    }),
  ),
];

function configWaits(message: string) {
  return waits('CreateContainerConfigError', message, [
    { reason: 'Failed', message: `Error: ${message}`, count: 60 },
  ]);
}

/** A pod whose volume cannot be set up stays in ContainerCreating. */
function mountWaits(message: string) {
  return waits('ContainerCreating', '', [{ reason: 'FailedMount', message, count: 25 }]);
}

const containerConfigs: Fault[] = [
  {
    name: 'config-map-missing',
    row: 'container-config',
    ways: ['sandbox', 'dump', 'spec', 'recorded'],
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: { envFrom: [{ configMapRef: { name: at.name('flags') } }] },
        }),
        make.service(at, 'orders'),
      ],
      lives: { orders: configWaits(`configmap "${at.name('flags')}" not found`) },
      labels: [{ row: 'container-config', object: make.ref(at, 'ConfigMap', 'flags') }],
    }),
  },
  {
    name: 'secret-missing-twice',
    row: 'container-config',
    ways: ['sandbox', 'dump', 'spec', 'recorded'],
    plant: at => {
      const from = {
        container: {
          env: [make.env('PASSWORD', { secretKeyRef: { name: at.name('login'), key: 'password' } })],
        },
      };
      return {
        objects: [
          make.deployment(at, 'orders', from),
          make.statefulSet(at, 'ledger', from),
          make.headless(at, 'ledger'),
        ],
        lives: {
          orders: configWaits(`secret "${at.name('login')}" not found`),
          ledger: configWaits(`secret "${at.name('login')}" not found`),
        },
        labels: [{ row: 'container-config', object: make.ref(at, 'Secret', 'login') }],
      };
    },
  },
  {
    name: 'secret-key-missing',
    row: 'container-config',
    ways: ['sandbox', 'dump', 'spec', 'recorded'],
    plant: at => ({
      objects: [
        make.secret(at, 'login', ['user', 'pass-word']),
        make.deployment(at, 'orders', {
          container: {
            env: [make.env('PASSWORD', { secretKeyRef: { name: at.name('login'), key: 'password' } })],
          },
        }),
      ],
      lives: {
        orders: configWaits(`couldn't find key password in Secret ${at.namespace}/${at.name('login')}`),
      },
      labels: [
        {
          row: 'container-config',
          object: make.ref(at, 'Secret', 'login'),
          also: [
            {
              object: make.ref(at, 'Deployment', 'orders'),
              why: 'the key may be misspelled where it is named',
            },
          ],
        },
      ],
    }),
  },
  {
    name: 'secret-volume-missing',
    row: 'container-config',
    ways: ['sandbox', 'dump', 'spec', 'recorded'],
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: { volumeMounts: [{ name: 'tls', mountPath: '/tls' }] },
          pod: { volumes: [{ name: 'tls', secret: { secretName: at.name('certificate') } }] },
        }),
      ],
      lives: {
        orders: mountWaits(
          `MountVolume.SetUp failed for volume "tls" : secret "${at.name('certificate')}" not found`,
        ),
      },
      labels: [
        {
          row: 'container-config',
          object: make.ref(at, 'Secret', 'certificate'),
          also: [{ row: 'pending-volume', why: 'it is wanted as a volume' }],
        },
      ],
    }),
  },
];

const containerStarts: Fault[] = [
  {
    name: 'start-command',
    row: 'container-start',
    plant: at => ({
      objects: [make.deployment(at, 'orders', { container: { command: ['sever', '--port', '8080'] } })],
      lives: {
        orders: startsNot(
          'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "sever": executable file not found in $PATH',
          127,
        ),
      },
      labels: own(at, 'container-start'),
    }),
  },
  {
    name: 'start-permission',
    row: 'container-start',
    ways: ['dump', 'recorded'],
    plant: at => ({
      objects: [make.deployment(at, 'orders', { container: { command: ['/app/run.sh'] } })],
      lives: {
        orders: startsNot(
          'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/app/run.sh": permission denied',
          126,
        ),
      },
      labels: own(at, 'container-start'),
    }),
  },
  {
    name: 'start-non-root',
    row: 'container-start',
    ways: ['dump', 'recorded'],
    plant: at => ({
      objects: [make.deployment(at, 'orders', { pod: { securityContext: { runAsNonRoot: true } } })],
      lives: {
        orders: configWaits(
          'container has runAsNonRoot and image will run as root (pod: "POD", container: main)',
        ),
      },
      labels: [
        {
          row: 'container-start',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [{ row: 'container-config', why: 'the kubelet calls it CreateContainerConfigError' }],
        },
      ],
    }),
  },
  {
    name: 'start-stateful-command',
    row: 'container-start',
    plant: at => ({
      objects: [
        make.statefulSet(at, 'orders', { container: { command: ['webserver'] } }),
        make.headless(at, 'orders'),
      ],
      lives: {
        orders: startsNot(
          'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "webserver": executable file not found in $PATH',
          127,
        ),
      },
      labels: own(at, 'container-start', 'orders', 'StatefulSet'),
    }),
  },
  {
    name: 'start-non-root-uid',
    row: 'container-start',
    ways: ['dump', 'spec', 'recorded'],
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: { securityContext: { runAsNonRoot: true, runAsUser: 0 } },
        }),
      ],
      lives: {
        orders: configWaits('container\'s runAsUser breaks non-root policy (pod: "POD", container: main)'),
      },
      labels: [
        {
          row: 'container-start',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [{ row: 'container-config', why: 'the kubelet calls it CreateContainerConfigError' }],
        },
      ],
    }),
  },
  {
    name: 'start-hook',
    row: 'container-start',
    ways: ['dump'],
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: { lifecycle: { postStart: { exec: { command: ['/warm-up'] } } } },
        }),
      ],
      lives: {
        orders: crashes(137, {
          says: [
            {
              reason: 'FailedPostStartHook',
              message:
                'PostStartHook failed: rpc error: code = Unknown desc = failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "/warm-up": stat /warm-up: no such file or directory',
              count: 9,
            },
            { reason: 'Killing', type: 'Normal', message: 'FailedPostStartHook', count: 9 },
          ],
        }),
      },
      labels: own(at, 'container-start'),
    }),
  },
];

const withInit = (image: string, more: JsonObject = {}) => ({
  pod: { initContainers: [{ name: 'migrate', image, ...more }] },
});

const initContainers: Fault[] = [
  {
    name: 'init-exit-3',
    row: 'init-container',
    plant: at => ({
      objects: [make.deployment(at, 'orders', withInit('acme/importer:2.1')), make.service(at, 'orders')],
      lives: { orders: initFails(3, ['migration 0042 failed: column "total" already exists']) },
      labels: own(at, 'init-container'),
    }),
  },
  {
    name: 'init-exit-1-stateful',
    row: 'init-container',
    plant: at => ({
      objects: [make.statefulSet(at, 'orders', withInit('acme/loader:1.0')), make.headless(at, 'orders')],
      lives: { orders: initFails(1, ['mkdir: cannot create directory /data/db: Permission denied']) },
      labels: own(at, 'init-container', 'orders', 'StatefulSet'),
    }),
  },
  {
    name: 'init-never-ends',
    row: 'init-container',
    // The simulated kubelet ends every init container that does not fail.
    ways: ['dump', 'recorded'],
    plant: at => ({
      objects: [make.deployment(at, 'orders', withInit('acme/endless:1.0'))],
      lives: { orders: initFails(undefined, ['waiting']) },
      labels: own(at, 'init-container'),
    }),
  },
];

const get = (path: string, port: number | string, more: JsonObject = {}): JsonObject => ({
  httpGet: { path, port, ...more },
  periodSeconds: 5,
});
const probes: Fault[] = [
  {
    name: 'readiness-path',
    row: 'probe',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', { container: { readinessProbe: get('/health', 8080) } }),
        make.service(at, 'orders'),
      ],
      lives: { orders: unready('HTTP probe failed with statuscode: 404') },
      labels: own(at, 'probe'),
    }),
  },
  {
    name: 'readiness-port',
    row: 'probe',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', { container: { readinessProbe: get('/healthz', 8081) } }),
        make.service(at, 'orders'),
      ],
      lives: {
        orders: unready(
          'Get "http://10.244.1.7:8081/healthz": dial tcp 10.244.1.7:8081: connect: connection refused',
        ),
      },
      labels: own(at, 'probe'),
    }),
  },
  {
    name: 'liveness-port',
    row: 'probe',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: { livenessProbe: { tcpSocket: { port: 9090 }, periodSeconds: 5 } },
        }),
      ],
      lives: { orders: killed('Liveness', 'dial tcp 10.244.1.7:9090: connect: connection refused') },
      labels: own(at, 'probe'),
    }),
  },
  {
    name: 'startup-short',
    row: 'probe',
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: {
            image: 'acme/slow:1.0',
            startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 5, failureThreshold: 4 },
          },
        }),
      ],
      lives: { orders: killed('Startup', 'dial tcp 10.244.1.7:8080: connect: connection refused') },
      labels: own(at, 'probe'),
    }),
  },
  {
    name: 'readiness-scheme',
    row: 'probe',
    ways: ['dump', 'recorded'],
    plant: at => ({
      objects: [
        make.statefulSet(at, 'orders', {
          container: { readinessProbe: get('/healthz', 8080, { scheme: 'HTTPS' }) },
        }),
        make.headless(at, 'orders'),
      ],
      lives: {
        orders: unready(
          'Get "https://10.244.1.7:8080/healthz": http: server gave HTTP response to HTTPS client',
        ),
      },
      labels: own(at, 'probe', 'orders', 'StatefulSet'),
    }),
  },
  {
    name: 'readiness-port-name',
    row: 'probe',
    ways: ['dump', 'spec', 'recorded'],
    plant: at => ({
      objects: [make.deployment(at, 'orders', { container: { readinessProbe: get('/healthz', 'web') } })],
      lives: { orders: unready('strconv.Atoi: parsing "web": invalid syntax') },
      labels: own(at, 'probe'),
    }),
  },
];

const evictions: Fault[] = (
  [
    [
      'evicted-memory',
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 82144Ki. Container main was using 912Mi, request is 32Mi, has larger consumption of memory. ',
    ],
    ['evicted-storage', 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. '],
    ['evicted-empty-dir', 'Usage of EmptyDir volume "scratch" exceeds the limit "500Mi". '],
    [
      'evicted-disk',
      'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8Gi. Container main was using 20Gi, request is 0, has larger consumption of ephemeral-storage. ',
    ],
  ] as const
).map(([name, message]) => ({
  name,
  row: 'evicted',
  ways: ['dump', 'recorded'],
  plant: at => ({
    objects: [
      make.deployment(at, 'orders', {
        replicas: 3,
        container: {
          resources: { requests: { memory: '32Mi' }, limits: { 'ephemeral-storage': '1Gi' } },
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        },
        pod: { volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '500Mi' } }] },
      }),
      make.service(at, 'orders'),
    ],
    lives: { orders: evicted(message) },
    replaced: { orders: 2 },
    labels: [
      {
        row: 'evicted',
        object: make.ref(at, 'Deployment', 'orders'),
      },
    ],
  }),
}));

export const containerFaults: readonly Fault[] = [
  ...crashLoops,
  ...moreCrashLoops,
  ...outOfMemories,
  ...imagePulls,
  ...containerConfigs,
  ...containerStarts,
  ...initContainers,
  ...probes,
  ...evictions,
];
