import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import type { ApiCaller } from '../../test/cluster/support/api-caller.ts';
import { podSpec, worldOfPods } from './pods-world.ts';

const missing = 'registry.example/missing/service:0';

/** A sandbox of many pods in which some deployments name an image that does not exist. */
export async function faultyWorld(size: {
  pods: number;
  namespaces: number;
  faults: number;
}): Promise<Sandbox> {
  // One pod of each of these; the others of ten are made up for.
  const world = worldOfPods({ ...size, pods: size.pods + size.faults * 9 });
  // Half an hour: every failure has been told, and none a thousand times.
  world.cluster.ageDays = 0.02;
  world.missing.push('registry.example/missing/*');
  let planted = 0;
  for (const object of world.objects) {
    if (object.kind !== 'Deployment' || planted >= size.faults) continue;
    planted += 1;
    const text = JSON.stringify(object).replaceAll(/registry\.example\/shop\/[^"]+/g, missing);
    Object.assign(object, JSON.parse(text), { spec: { ...JSON.parse(text).spec, replicas: 1 } });
  }
  const sandbox = await startSandbox({ world });
  await sandbox.settled();
  return sandbox;
}

/**
 * The same on a real API server whose pods nothing made: deployments that want no pods stand beside them, and the first
 * container of some pods waits for its image.
 */
export async function plantFaults(
  call: ApiCaller,
  size: { faults: number; namespaces: number; deployments: number },
): Promise<void> {
  for (let index = 0; index < size.deployments; index += 1) {
    const name = `service-${index + 1}`;
    const namespace = `team-${(index % size.namespaces) + 1}`;
    const labels = { app: name };
    await ask(call, {
      method: 'POST',
      path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
      body: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace, labels },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec(name) },
        },
      },
    });
  }
  for (let index = 0; index < size.faults; index += 1) {
    const namespace = `team-${(index % size.namespaces) + 1}`;
    const name = `service-${Math.floor(index / 10) + 1}-${(index + 0x1000).toString(36)}`;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const { status } = await ask(call, { method: 'GET', path });
    await ask(call, { method: 'PATCH', path: `${path}/status`, body: { status: waiting(status) } });
  }
}

function waiting(status: unknown) {
  const { containerStatuses, conditions } = status as {
    containerStatuses: { name: string }[];
    conditions: { type: string }[];
  };
  const state = {
    waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${missing}": not found` },
  };
  return {
    phase: 'Pending',
    conditions: conditions.map(each => (each.type.endsWith('Ready') ? { ...each, status: 'False' } : each)),
    containerStatuses: containerStatuses.map((each, index) =>
      index === 0 ? { ...each, ready: false, started: false, state } : each,
    ),
  };
}

async function ask(call: ApiCaller, request: Parameters<ApiCaller>[0]) {
  const patch = request.method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {};
  const { status, body } = await call({ ...request, ...patch });
  if (status >= 300) throw new Error(`${request.path}: ${JSON.stringify(body)}`);
  return body;
}
