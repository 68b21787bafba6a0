import type { KubeObject } from '../../src/kubernetes/object.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';

const podsPerNode = 100;
const podsPerDeployment = 10;

/** A sandbox with so many running pods, ten to a deployment, spread over the namespaces. */
export async function startWithPods(size: { pods: number; namespaces: number }): Promise<Sandbox> {
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
    world.objects.push(deploymentObject({ namespace, name: `service-${index + 1}` }));
  }
  const sandbox = await startSandbox({ world });
  await sandbox.settled();
  return sandbox;
}

export function namespaceObject(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function deploymentObject({ namespace, name }: { namespace: string; name: string }): KubeObject {
  const labels = labelsOf(name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: podsPerDeployment,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: { metadata: { labels, annotations: podAnnotations }, spec: podSpec(name) },
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

/** A pod as services have them, about as large as in real clusters. */
export function podSpec(name: string) {
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, periodSeconds: 10, timeoutSeconds: 2 });
  return {
    containers: [
      {
        name: 'app',
        image: `registry.example/shop/${name}:1.4.2`,
        args: ['serve', '--listen=:8080', '--metrics=:9090'],
        ports: [
          { name: 'http', containerPort: 8080 },
          { name: 'metrics', containerPort: 9090 },
        ],
        env: [
          { name: 'LOG_LEVEL', value: 'info' },
          { name: 'SERVICE_NAME', value: name },
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'DATABASE_HOST', value: `postgres.${name}.svc.cluster.local` },
        ],
        resources: { requests: { cpu: '5m', memory: '16Mi' }, limits: { memory: '128Mi' } },
        readinessProbe: probe('/readyz'),
        livenessProbe: probe('/healthz'),
        volumeMounts: [{ name: 'config', mountPath: '/etc/app', readOnly: true }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: `${name}-config` } }],
  };
}
