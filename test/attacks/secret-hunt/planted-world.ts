import { writeFile } from 'node:fs/promises';
import type { JsonObject } from '../../../src/core/json.ts';
import type { AttackedCluster, Ground } from '../ground.ts';
import { secretsByType, secretValue, textsByForm } from './planted.ts';

const inShop = (name: string, more: JsonObject = {}): JsonObject => ({ name, namespace: 'shop', ...more });

/** What `kubectl apply` leaves on an object: all of it once more. */
const lastApplied = (object: JsonObject): JsonObject => ({
  'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object),
});

const secrets: JsonObject[] = Object.entries(secretsByType).map(([name, { type = 'Opaque', entries }]) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: inShop(name),
  type,
  data: Object.fromEntries(
    Object.entries(entries).map(([entry, text]) => [entry, Buffer.from(text).toString('base64')]),
  ),
}));

const applied: JsonObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: inShop('applied', {
    annotations: lastApplied({ kind: 'Secret', stringData: { pin: secretValue('last applied Secret') } }),
  }),
  data: { other: 'b3RoZXI=' },
};

const configMap: JsonObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: inShop('texts', { annotations: Object.fromEntries(annotationsOf(textsByForm)) }),
  data: { ...textsByForm, dbPassword: secretValue('a key of a ConfigMap') },
};

const container: JsonObject = {
  name: 'web',
  image: 'shop/web:1',
  command: ['serve', '--password', secretValue('a flag and its value')],
  args: [`--db-password=${secretValue('a flag with its value')}`, textsByForm['command'] ?? ''],
  env: [
    { name: 'DB_PASSWORD', value: secretValue('a variable') },
    { name: 'PIN', valueFrom: { secretKeyRef: { name: 'a-password', key: 'password' } } },
    ...Object.entries(textsByForm).map(([name, value]) => ({
      name: `TEXT_${name.toUpperCase().replaceAll('-', '_')}`,
      value,
    })),
  ],
  livenessProbe: { exec: { command: ['check', `--token=${secretValue('a probe')}`] }, periodSeconds: 60 },
  readinessProbe: {
    httpGet: {
      port: 8080,
      path: `/health?access_token=${secretValue('a probe')}`,
      httpHeaders: [{ name: 'Authorization', value: `Bearer ${secretValue('a probe header')}` }],
    },
  },
};

const deployment: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: inShop('web', {
    labels: { app: 'web' },
    annotations: {
      ...Object.fromEntries(annotationsOf(textsByForm)),
      ...lastApplied({
        kind: 'Deployment',
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'web', env: [{ name: 'API_KEY', value: secretValue('last applied variable') }] },
              ],
            },
          },
        },
      }),
    },
  }),
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { imagePullSecrets: [{ name: 'a-registry' }], containers: [container] },
    },
  },
};

const definition: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'databases.shop.example' },
  spec: {
    group: 'shop.example',
    names: { kind: 'Database', plural: 'databases', singular: 'database' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** A custom object cannot be in the world from the start: its kind comes with it. */
const customObject: JsonObject = {
  apiVersion: 'shop.example/v1',
  kind: 'Database',
  metadata: inShop('db'),
  spec: { password: secretValue('a field of a custom object'), connection: textsByForm['dsn'] ?? '' },
  status: { message: textsByForm['bearer'] ?? '' },
};

/** Says that a log was read to its end. */
export const lastLogLine = 'listening on 8080';

/** A cluster in which a secret of each kind stands in every field that can hold one, in events and in logs. */
export async function startPlanted(
  ground: Ground,
  setup: Parameters<Ground['cluster']>[0] = {},
): Promise<AttackedCluster> {
  const cluster = await ground.cluster({ ...setup, world: await writeWorld(ground.dir) });
  await plantWhatRuns(cluster);
  return cluster;
}

async function writeWorld(folder: string): Promise<string> {
  const file = `${folder}/planted.yaml`;
  const world = {
    cluster: {
      serverVersion: 'v1.36.2',
      ageDays: 5,
      nodes: [{ name: 'n1', ip: '10.0.0.1', podSubnet: '10.42.0' }],
    },
    images: [{ match: 'shop/*', startSeconds: 0.2 }],
    objects: [
      ...['shop', 'other'].map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      ...secrets,
      applied,
      configMap,
      deployment,
      definition,
    ],
  };
  await writeFile(file, JSON.stringify(world), { mode: 0o600 });
  return file;
}

function annotationsOf(texts: Record<string, string>): [string, string][] {
  return Object.entries(texts).map(([name, text]) => [`shop.example/${name}`, text]);
}

async function plantWhatRuns(cluster: AttackedCluster): Promise<void> {
  await cluster.admin('POST', '/apis/shop.example/v1/namespaces/shop/databases', customObject);
  const stamp = new Date().toISOString();
  for (const [index, text] of Object.values(textsByForm).entries())
    await cluster.admin('POST', '/api/v1/namespaces/shop/events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `web.${index}`, namespace: 'shop' },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' },
      reason: 'Failed',
      message: `login failed: ${text}`,
      type: 'Warning',
      firstTimestamp: stamp,
      lastTimestamp: stamp,
    });
  const body = [...Object.values(textsByForm), lastLogLine]
    .flatMap(text => text.split('\n'))
    .map(line => `2026-11-21T10:00:00.000000000Z ${line}\n`)
    .join('');
  cluster.meddle({ before: ({ path }) => (path.includes('/log?') ? { body } : undefined) });
}
