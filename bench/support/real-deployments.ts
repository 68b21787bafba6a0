import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, type JsonObject, objectsIn, plainText } from '../../src/core/json.ts';
import type { ApiCaller } from '../../test/cluster/support/api-caller.ts';
import { configObject, containersOf, labelsOf, podAnnotations, podSpec } from './pods-world.ts';
import { inParallel, nodeName, post, type RealCluster, runningStatus, startFilled } from './real-cluster.ts';

const podsPerDeployment = 10;
// The controllers make them at some hundreds a second, where they have the processors.
const madeMs = 600_000;
const pollMs = 2_000;

interface Size {
  pods: number;
  namespaces: number;
  /** Deployments of which no pod starts, in turn in each of the ways below. */
  brokenDeployments: number;
  /** Services, each before another of the well deployments, whose port no container has. */
  brokenServices: number;
}

/**
 * A real API server with deployments of ten pods each, whose replica sets and pods its own controllers make; what a kubelet
 * says of them is written here. Undefined where the binaries are not.
 */
export function startRealDeployments(
  size: Size,
  say: (line: string) => void,
): Promise<RealCluster | undefined> {
  return startFilled(size, {
    say,
    fill: async (call, namespaces) => {
      const services = Array.from({ length: size.pods / podsPerDeployment }, (_, index) => ({
        name: `service-${index + 1}`,
        namespace: namespaces[index % namespaces.length] ?? 'default',
        index,
      }));
      await inParallel(services, each => makeService(call, { ...each, size }));
      const pods = await untilMade(call, size.pods);
      say('Writing what a kubelet says of them …');
      await inParallel([...pods.entries()], ([at, pod]) => tell(call, { pod, at, size }));
      await untilCounted(call, size);
    },
  });
}

async function makeService(
  call: ApiCaller,
  { name, namespace, index, size }: { name: string; namespace: string; index: number; size: Size },
): Promise<void> {
  const labels = labelsOf(name);
  const selector = { 'app.kubernetes.io/name': name };
  const hasWrongPort =
    index >= size.brokenDeployments && index < size.brokenDeployments + size.brokenServices;
  await post(call, `/api/v1/namespaces/${namespace}/configmaps`, configObject({ namespace, name }));
  await post(call, `/api/v1/namespaces/${namespace}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    // Virtual addresses are few on this server: those have one in which it matters.
    spec: {
      ...(hasWrongPort ? {} : { clusterIP: 'None' }),
      selector,
      ports: [{ port: 80, targetPort: hasWrongPort ? 'web' : 'app' }],
    },
  });
  await post(call, `/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: podsPerDeployment,
      selector: { matchLabels: selector },
      template: { metadata: { labels, annotations: podAnnotations }, spec: { ...podSpec(name), nodeName } },
    },
  });
}

/** All pods, once the controllers have made them. */
async function untilMade(call: ApiCaller, wanted: number): Promise<JsonObject[]> {
  for (const end = Date.now() + madeMs; Date.now() < end; await sleep(pollMs)) {
    const { body } = await call({ method: 'GET', path: '/api/v1/pods?resourceVersion=0' });
    const pods = objectsIn(body['items']);
    if (pods.length >= wanted) return pods;
  }
  throw new Error(`the controllers made no ${wanted} pods`);
}

/** Until every deployment counts what works. */
async function untilCounted(call: ApiCaller, size: Size): Promise<void> {
  const working = size.pods - size.brokenDeployments * podsPerDeployment;
  for (const end = Date.now() + madeMs; Date.now() < end; await sleep(pollMs)) {
    const { body } = await call({ method: 'GET', path: '/apis/apps/v1/deployments?resourceVersion=0' });
    const ready = objectsIn(body['items'])
      .map(({ status }) => (isObject(status) ? Number(status['readyReplicas'] ?? 0) : 0))
      .reduce((sum, count) => sum + count, 0);
    if (ready === working) return;
  }
  throw new Error(`the deployments count no ${working} pods that work`);
}

async function tell(
  call: ApiCaller,
  { pod, at, size }: { pod: JsonObject; at: number; size: Size },
): Promise<void> {
  const metadata = isObject(pod['metadata']) ? pod['metadata'] : {};
  const [name, namespace, uid] = [metadata['name'], metadata['namespace'], metadata['uid']].map(plainText);
  const service = /^service-\d+/.exec(name ?? '')?.[0] ?? '';
  const index = Number(service.slice('service-'.length)) - 1;
  const isBroken = index < size.brokenDeployments;
  const way = isBroken ? ways[index % ways.length] : undefined;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const answer = await call({
    method: 'PATCH',
    path: `${path}/status`,
    contentType: 'application/merge-patch+json',
    body: { status: way === undefined ? runningStatus(service, at) : brokenStatus(service, { way, at }) },
  });
  if (answer.status >= 300) throw new Error(`pod ${name}: ${JSON.stringify(answer.body)}`);
  if (way?.warning === undefined) return;
  const [container] = containersOf(service);
  await post(call, `/api/v1/namespaces/${namespace}/events`, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.1`, namespace },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      name,
      namespace,
      uid,
      fieldPath: `spec.containers{${container?.name}}`,
    },
    type: 'Warning',
    ...way.warning(service),
    firstTimestamp: now(-600),
    lastTimestamp: now(-20),
    count: 12,
    source: { component: 'kubelet', host: nodeName },
  });
}

/** How the first container of a pod fails, as its kubelet would say it. */
interface Way {
  phase: 'Pending' | 'Running';
  container(service: string): JsonObject;
  warning?(service: string): JsonObject;
}

const ways: readonly Way[] = [
  {
    phase: 'Pending',
    container: service => waiting('ImagePullBackOff', `Back-off pulling image "${imageOf(service)}"`),
    warning: service => ({
      reason: 'Failed',
      message: `Failed to pull image "${imageOf(service)}": rpc error: code = NotFound desc = failed to pull and unpack image "${imageOf(service)}": failed to resolve reference "${imageOf(service)}": ${imageOf(service)}: not found`,
    }),
  },
  {
    phase: 'Running',
    container: () => ({
      ...waiting('CrashLoopBackOff', 'back-off 2m40s restarting failed container=app'),
      restartCount: 6,
      lastState: ended({ exitCode: 1, reason: 'Error' }),
    }),
    warning: () => ({ reason: 'BackOff', message: 'Back-off restarting failed container app' }),
  },
  {
    phase: 'Running',
    container: () => ({
      ...waiting('CrashLoopBackOff', 'back-off 2m40s restarting failed container=app'),
      restartCount: 6,
      lastState: ended({ exitCode: 137, reason: 'OOMKilled' }),
    }),
    warning: () => ({ reason: 'BackOff', message: 'Back-off restarting failed container app' }),
  },
  {
    phase: 'Pending',
    container: service =>
      waiting(
        'ErrImageNeverPull',
        `Container image "${imageOf(service)}" is not present with pull policy of Never`,
      ),
    warning: service => ({
      reason: 'ErrImageNeverPull',
      message: `Container image "${imageOf(service)}" is not present with pull policy of Never`,
    }),
  },
  {
    phase: 'Running',
    container: () => ({
      ready: false,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: now(-900) } },
    }),
    warning: () => ({
      reason: 'Unhealthy',
      message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
    }),
  },
];

function brokenStatus(service: string, { way, at }: { way: Way; at: number }): JsonObject {
  const { containerStatuses, conditions, ...rest } = runningStatus(service, at);
  return {
    ...rest,
    phase: way.phase,
    conditions: conditions.map(each => (each.type.includes('Ready') ? { ...each, status: 'False' } : each)),
    containerStatuses: containerStatuses.map((each, index) =>
      index === 0 ? { ...each, ready: false, started: false, ...way.container(service) } : each,
    ),
  };
}

function waiting(reason: string, message: string): JsonObject {
  return { ready: false, started: false, restartCount: 0, state: { waiting: { reason, message } } };
}

function ended(how: { exitCode: number; reason: string }): JsonObject {
  return { terminated: { ...how, startedAt: now(-200), finishedAt: now(-190) } };
}

function imageOf(service: string): string {
  return containersOf(service)[0]?.image ?? '';
}

function now(plusSeconds: number): string {
  return new Date(Date.now() + plusSeconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
}
