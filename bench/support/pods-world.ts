import type { KubeObject } from '../../src/kubernetes/object.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld, type World } from '../../src/sandbox/world.ts';

const podsPerNode = 100;
const podsPerDeployment = 10;

interface Size {
  pods: number;
  namespaces: number;
  /** Without the proxy. */
  small?: true;
}

/** A sandbox with so many running pods, ten to a deployment, spread over the namespaces. */
export async function startWithPods(size: Size): Promise<Sandbox> {
  const sandbox = await startSandbox({ world: worldOfPods(size) });
  await sandbox.settled();
  return sandbox;
}

export function worldOfPods(size: Size): World {
  const nodes = Array.from(
    { length: Math.ceil(size.pods / podsPerNode) },
    (_, index) =>
      `{name: node-${index + 1}, ip: 10.0.0.${index + 1}, podSubnet: 10.42.${index}, cpu: "64", memory: 256Gi}`,
  );
  const world = parseWorld(
    `cluster: {serverVersion: v1.36.2, ageDays: 6, nodes: [${nodes.join(', ')}]}\nobjects: []\n`,
    'bench',
  );
  const namespaces = Array.from({ length: size.namespaces }, (_, index) => `team-${index + 1}`);
  world.objects.push(...namespaces.map(namespaceObject));
  const deployments = size.pods / podsPerDeployment;
  for (let index = 0; index < deployments; index += 1) {
    const namespace = namespaces[index % namespaces.length] ?? 'default';
    const name = `service-${index + 1}`;
    world.objects.push(
      configObject({ namespace, name }),
      deploymentObject({ namespace, name, small: size.small }),
    );
  }
  return world;
}

export function namespaceObject(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** What the pods mount: without it none of them starts. */
export function configObject({ namespace, name }: { namespace: string; name: string }): KubeObject {
  const metadata = { name: `${name}-config`, namespace };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'settings.yaml': `service: ${name}` } };
}

function deploymentObject(deployment: {
  namespace: string;
  name: string;
  small: true | undefined;
}): KubeObject {
  const { namespace, name, small } = deployment;
  const labels = labelsOf(name);
  const { containers, volumes } = podSpec(name);
  const spec = { containers: small ? containers.slice(0, 1) : containers, volumes };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: podsPerDeployment,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: { metadata: { labels, annotations: podAnnotations }, spec },
    },
  };
}

export function labelsOf(name: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/version': '1.4.2',
  };
}

export const podAnnotations = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': '9090',
  'checksum/config': '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

/** What runs in each pod: a service and the proxy beside it. */
export function containersOf(name: string) {
  return [
    { name: 'app', image: `registry.example/shop/${name}:1.4.2`, port: 8080 },
    { name: 'proxy', image: 'registry.example/mesh/proxy:2.9.1', port: 15_021 },
  ];
}

/** A pod as services have them, about as large as those of a real cluster: 5 to 6 kB of JSON. */
export function podSpec(name: string) {
  return {
    containers: containersOf(name).map(container => containerSpec(name, container)),
    volumes: [{ name: 'config', configMap: { name: `${name}-config` } }],
  };
}

function containerSpec(service: string, container: { name: string; image: string; port: number }) {
  const { name, image, port } = container;
  const probe = (path: string) => ({ httpGet: { path, port }, periodSeconds: 10, timeoutSeconds: 2 });
  return {
    name,
    image,
    args: ['serve', `--listen=:${port}`, '--metrics=:9090', '--shutdown-delay=5s'],
    ports: [{ name, containerPort: port }],
    env: [
      { name: 'LOG_LEVEL', value: 'info' },
      { name: 'SERVICE_NAME', value: service },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'DATABASE_HOST', value: `${service}.database.example` },
    ],
    resources: { requests: { cpu: '5m', memory: '16Mi' }, limits: { memory: '128Mi' } },
    readinessProbe: probe('/readyz'),
    livenessProbe: probe('/healthz'),
    volumeMounts: [{ name: 'config', mountPath: '/etc/app', readOnly: true }],
  };
}
