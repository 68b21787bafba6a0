import { isObject, type JsonObject, objectsIn, textIn } from '../../../../src/core/json.ts';
import { crashes, type Life, outOfMemory, pullsNot, unready, unschedulable, waits, well } from '../lives.ts';
import * as make from '../objects.ts';
import type { Fault, Label, Place } from '../world.ts';

// What served well until it was changed: the old pods go on, the new ones do not come.

/** A Deployment that stood, and the change of its one container (or its pods) that it does not survive. */
function rolled(
  name: string,
  row: Label['row'],
  {
    container = {},
    pod = {},
    life,
    label,
  }: {
    container?: JsonObject | ((at: Place) => JsonObject);
    pod?: JsonObject;
    life: Life;
    label?: (at: Place) => Label;
  },
): Fault {
  return {
    name: `rolled-${name}`,
    row,
    ways: ['sandbox', 'recorded'],
    plant: at => {
      const changed = typeof container === 'function' ? container(at) : container;
      const target = { ...make.ref(at, 'Deployment', 'orders'), apiVersion: 'apps/v1' };
      const { containers } = podSpec(make.template(at, 'orders', {}));
      const [first] = objectsIn(containers);
      return {
        objects: [make.deployment(at, 'orders'), make.service(at, 'orders'), make.ingress(at, 'orders')],
        lives: { orders: (each, circumstances) => (isNew(each) ? life : well)(each, circumstances) },
        after: [
          { do: 'wait', waitSeconds: 90 },
          {
            do: 'patch',
            target,
            patch: {
              spec: {
                template: {
                  metadata: { labels: { release: 'two' } },
                  spec: { ...pod, containers: [{ ...first, ...changed }] },
                },
              },
            },
          },
        ],
        labels: [label?.(at) ?? { row, object: make.ref(at, 'Deployment', 'orders') }],
      };
    },
  };
}

function podSpec(template: JsonObject): JsonObject {
  return isObject(template['spec']) ? template['spec'] : {};
}

function isNew({ metadata }: { metadata: { labels?: Record<string, string> } }): boolean {
  return textIn(metadata.labels?.['release']) === 'two';
}

export const rolledFaults: readonly Fault[] = [
  rolled('image', 'image-pull', {
    container: { image: 'acme/web:9.9' },
    life: pullsNot('failed to resolve reference "docker.io/IMAGE": docker.io/IMAGE: not found'),
  }),
  rolled('crash', 'crash-loop', {
    container: { image: 'acme/importer:2.1' },
    life: crashes(3, { log: ['panic: nil map'] }),
  }),
  rolled('memory', 'out-of-memory', { container: { image: 'acme/hungry:1.0' }, life: outOfMemory() }),
  rolled('probe', 'probe', {
    container: { readinessProbe: { httpGet: { path: '/not-there', port: 8080 } } },
    life: unready('HTTP probe failed with statuscode: 404'),
  }),
  rolled('room', 'pending-resources', {
    container: { resources: { requests: { cpu: '70' } } },
    life: unschedulable('0/4 nodes are available: 3 Insufficient cpu.'),
  }),
  rolled('selector', 'pending-selector', {
    pod: { nodeSelector: { disk: 'nvme' } },
    life: unschedulable("0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector."),
  }),
  rolled('command', 'container-start', {
    container: { command: ['serve'] },
    life: waits(
      'RunContainerError',
      'failed to create containerd task: exec: "serve": executable file not found in $PATH',
      [
        {
          reason: 'Failed',
          message:
            'Error: failed to create containerd task: exec: "serve": executable file not found in $PATH',
          count: 8,
        },
      ],
    ),
  }),
  rolled('config', 'container-config', {
    container: at => ({ envFrom: [{ configMapRef: { name: at.name('new-flags') } }] }),
    life: waits('CreateContainerConfigError', 'configmap "new-flags" not found'),
    label: at => ({ row: 'container-config', object: make.ref(at, 'ConfigMap', 'new-flags') }),
  }),
  rolled('account', 'creation-refused', {
    pod: { serviceAccountName: 'nobody-made-it' },
    life: well,
    label: at => ({
      row: 'creation-refused',
      object: { kind: 'ServiceAccount', name: 'nobody-made-it', namespace: at.namespace },
      also: [{ object: make.ref(at, 'Deployment', 'orders'), why: 'it names the account' }],
    }),
  }),
];

/** The same troubles where workloads of other kinds have them. */
const elsewhere: readonly [name: string, row: Label['row'], plant: Fault['plant']][] = [
  [
    'init-image',
    'image-pull',
    at => ({
      objects: [
        make.deployment(at, 'orders', {
          pod: { initContainers: [{ name: 'fetch', image: 'acme/batch:8.8' }] },
        }),
      ],
      labels: [
        {
          row: 'image-pull',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [{ row: 'init-container', why: 'it is an init container whose image is missing' }],
        },
      ],
    }),
  ],
  [
    'init-peer',
    'init-container',
    at => ({
      objects: [
        make.deployment(at, 'orders', {
          pod: {
            initContainers: [
              {
                name: 'wait',
                image: 'acme/client:1.0',
                env: [make.env('DATABASE_URL', `postgres://databaes.${at.namespace}.svc:5432/app`)],
              },
            ],
          },
        }),
      ],
      labels: [
        {
          row: 'init-container',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [
            { row: 'dns', why: 'the name that it waits for is misspelled' },
            { row: 'service', why: 'the name is a service that is missing' },
          ],
        },
      ],
    }),
  ],
  [
    'daemon-crash',
    'crash-loop',
    at => ({
      objects: [make.daemonSet(at, 'agent', { container: { image: 'acme/loader:1.0' } })],
      labels: [{ row: 'crash-loop', object: make.ref(at, 'DaemonSet', 'agent') }],
    }),
  ],
  [
    'pod-crash',
    'crash-loop',
    at => ({
      objects: [
        make.object(at, 'Pod', at.name('lonely'), {
          spec: { containers: [{ name: 'main', image: 'acme/flags:1.0' }] },
        }),
      ],
      labels: [{ row: 'crash-loop', object: make.ref(at, 'Pod', 'lonely') }],
    }),
  ],
  [
    'cron-image',
    'image-pull',
    at => ({
      objects: [
        make.cronJob(at, 'report', {
          container: { image: 'acme/batch:8.8' },
          spec: { schedule: '* * * * *', concurrencyPolicy: 'Forbid' },
        }),
      ],
      labels: [
        {
          row: 'image-pull',
          object: make.ref(at, 'CronJob', 'report'),
          also: [{ row: 'cron-job', why: 'it does not get on' }],
        },
      ],
    }),
  ],
  [
    'job-config',
    'container-config',
    at => ({
      objects: [
        make.job(at, 'import', {
          container: { envFrom: [{ secretRef: { name: at.name('import-login') } }] },
        }),
      ],
      labels: [{ row: 'container-config', object: make.ref(at, 'Secret', 'import-login') }],
    }),
  ],
  [
    'volume-of-daemon',
    'container-config',
    at => ({
      objects: [
        make.daemonSet(at, 'agent', {
          container: { ports: [], volumeMounts: [{ name: 'conf', mountPath: '/etc/agent' }] },
          pod: { volumes: [{ name: 'conf', configMap: { name: at.name('agent-conf') } }] },
        }),
      ],
      labels: [
        {
          row: 'container-config',
          object: make.ref(at, 'ConfigMap', 'agent-conf'),
          also: [{ row: 'pending-volume', why: 'it is wanted as a volume' }],
        },
      ],
    }),
  ],
];

export const elsewhereFaults: readonly Fault[] = elsewhere.map(([name, row, plant]) => ({
  name: `elsewhere-${name}`,
  row,
  ways: ['sandbox'],
  plant,
}));
