import { readFileSync } from 'node:fs';
import type { ApiCaller } from '../../test/cluster/support/api-caller.ts';
import { findBinaries } from '../../test/cluster/support/binaries.ts';
import { startControlPlane } from '../../test/cluster/support/control-plane.ts';
import { startStandInKubelet } from '../../test/cluster/support/stand-in-kubelet.ts';
import { containersOf, labelsOf, namespaceObject, podAnnotations, podSpec } from './pods-world.ts';

// More at once only queues inside an API server that shares its processors with us.
const requestsAtOnce = 24;
// The controllers call a node lost when its lease was not renewed for some 40 s, and would then rewrite every pod.
const renewMs = 10_000;
export const nodeName = 'stand-in-1';
const someHash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

export interface RealCluster {
  url: string;
  token: string;
  authority: string;
  kubeconfig: string;
  call: ApiCaller;
  stop(): Promise<void>;
}

/** A real API server with so many running pods that nothing made; undefined where its binaries are not. Takes a minute or two. */
export function startRealCluster(
  size: { pods: number; namespaces: number },
  say: (line: string) => void,
): Promise<RealCluster | undefined> {
  return startFilled(size, {
    say,
    fill: async (call, namespaces) => {
      const pods = Array.from({ length: size.pods }, (_, index) => ({
        namespace: namespaces[index % namespaces.length] ?? 'default',
        service: `service-${Math.floor(index / 10) + 1}`,
        name: `service-${Math.floor(index / 10) + 1}-${(index + 0x1000).toString(36)}`,
        at: index,
      }));
      await inParallel(pods, pod => makePod(call, pod));
    },
  });
}

/** The same, with whatever `fill` makes in its namespaces. */
export async function startFilled(
  size: { pods: number; namespaces: number },
  {
    say,
    fill,
  }: {
    say: (line: string) => void;
    fill: (call: ApiCaller, namespaces: readonly string[]) => Promise<void>;
  },
): Promise<RealCluster | undefined> {
  const binaries = findBinaries();
  if (binaries === undefined) return undefined;
  say(`Starting a real API server and making ${size.pods.toLocaleString('en')} pods there …`);
  const plane = await startControlPlane(binaries);
  const { call } = plane;
  const renewal = setInterval(() => void renew(call).catch(() => {}), renewMs);
  const stop = async () => {
    clearInterval(renewal);
    await plane.stop();
  };
  try {
    // It registers a node. Tending the pods is done here, once and in parallel.
    await startStandInKubelet(call).stop();
    const namespaces = Array.from({ length: size.namespaces }, (_, index) => `team-${index + 1}`);
    for (const name of namespaces) await post(call, '/api/v1/namespaces', namespaceObject(name));
    await fill(call, namespaces);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: plane.url,
    token: plane.token,
    authority: plane.authority,
    kubeconfig: readFileSync(plane.kubeconfig, 'utf8'),
    call,
    stop,
  };
}

async function makePod(
  call: ApiCaller,
  pod: { namespace: string; service: string; name: string; at: number },
): Promise<void> {
  const { namespace, service, name, at } = pod;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await post(call, path, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: labelsOf(service), annotations: podAnnotations },
    spec: { ...podSpec(service), nodeName },
  });
  const answer = await call({
    method: 'PATCH',
    path: `${path}/${name}/status`,
    contentType: 'application/merge-patch+json',
    body: { status: runningStatus(service, at) },
  });
  if (answer.status >= 300) throw new Error(`pod ${name}: ${JSON.stringify(answer.body)}`);
}

/** Of a pod that is well; of some, one container restarted long ago. */
export function runningStatus(service: string, at: number) {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const podIP = `10.1.${Math.floor(at / 250)}.${(at % 250) + 1}`;
  const types = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    hostIP: '10.0.0.1',
    hostIPs: [{ ip: '10.0.0.1' }],
    startTime: now,
    qosClass: 'Burstable',
    conditions: types.map(type => ({ type, status: 'True', lastTransitionTime: now })),
    containerStatuses: containersOf(service).map(({ name, image }) => ({
      name,
      image,
      imageID: `${image}@sha256:${someHash}`,
      containerID: `containerd://${someHash}`,
      ready: true,
      started: true,
      restartCount: at % 7 === 0 ? 1 : 0,
      state: { running: { startedAt: now } },
    })),
  };
}

async function renew(call: ApiCaller): Promise<void> {
  await call({
    method: 'PATCH',
    path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${nodeName}`,
    contentType: 'application/merge-patch+json',
    body: { spec: { renewTime: new Date().toISOString().replace('Z', '000Z') } },
  });
}

export async function post(call: ApiCaller, path: string, body: unknown): Promise<void> {
  const answer = await call({ method: 'POST', path, body });
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
}

export async function inParallel<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const work = async () => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, work));
}
