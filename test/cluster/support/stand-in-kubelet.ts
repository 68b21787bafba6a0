import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, type JsonObject, plainText } from '../../../src/core/json.ts';
import type { ApiCaller } from './api-caller.ts';

const pollMs = 100;
// After some forty seconds without it the node counts as lost, and its pods as not ready.
const renewMs = 5_000;
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/**
 * Stands in for the kubelets, which nothing here can run: it registers one node, keeps it ready, reports every pod
 * bound to it as running and ready (one whose image ends in `:missing` as failing to pull, in `:ends` as run to its end,
 * in `:fails` as failed), and removes pods that are to go. What it says of a container was never true; what the API server and the controllers make of it is real.
 */
export function startStandInKubelet(call: ApiCaller, nodeName = 'stand-in-1'): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const done = (async () => {
    await register(call, nodeName);
    let renewedMs = Date.now();
    while (!stopped.signal.aborted) {
      if (Date.now() - renewedMs >= renewMs) {
        await renew(call, nodeName);
        renewedMs = Date.now();
      }
      await tend(call, nodeName);
      await sleep(pollMs);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await done;
    },
  };
}

async function register(call: ApiCaller, nodeName: string): Promise<void> {
  const capacity = { cpu: '64', memory: '256Gi', pods: '10000' };
  // With its status, so that no controller meets a node of which nothing is known.
  await call({
    method: 'POST',
    path: '/api/v1/nodes',
    body: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: nodeName },
      status: {
        capacity,
        allocatable: capacity,
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'StandIn',
            lastHeartbeatTime: now(),
            lastTransitionTime: now(),
          },
        ],
      },
    },
  });
  await call({
    method: 'PATCH',
    path: `/api/v1/nodes/${nodeName}`,
    contentType: 'application/merge-patch+json',
    body: { spec: { taints: [] } },
  });
  await call({
    method: 'POST',
    path: leasePath,
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: nodeName },
      spec: {
        holderIdentity: nodeName,
        leaseDurationSeconds: 40,
        renewTime: nowMicro(),
      },
    },
  });
}

async function renew(call: ApiCaller, nodeName: string): Promise<void> {
  await call({
    method: 'PATCH',
    path: `${leasePath}/${nodeName}`,
    contentType: 'application/merge-patch+json',
    body: { spec: { renewTime: nowMicro() } },
  });
}

async function tend(call: ApiCaller, nodeName: string): Promise<void> {
  const { body } = await call({
    method: 'GET',
    path: `/api/v1/pods?fieldSelector=spec.nodeName%3D${nodeName}`,
  });
  const pods = Array.isArray(body['items']) ? body['items'].filter(isObject) : [];
  for (const pod of pods) {
    const metadata = isObject(pod['metadata']) ? pod['metadata'] : {};
    const status = isObject(pod['status']) ? pod['status'] : {};
    const path = `/api/v1/namespaces/${plainText(metadata['namespace'])}/pods/${plainText(metadata['name'])}`;
    if (metadata['deletionTimestamp'] !== undefined) {
      await call({
        method: 'DELETE',
        path,
        body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
      });
    } else if (status['phase'] === 'Pending' && status['podIP'] === undefined) {
      await call({
        method: 'PATCH',
        path: `${path}/status`,
        contentType: 'application/merge-patch+json',
        body: { status: statusFor(pod) },
      });
    }
  }
}

function statusFor(pod: JsonObject): JsonObject {
  const spec = isObject(pod['spec']) ? pod['spec'] : {};
  const containers = Array.isArray(spec['containers']) ? spec['containers'].filter(isObject) : [];
  const missing = containers.some(container => plainText(container['image']).endsWith(':missing'));
  const ended = endOf(containers);
  const condition = (type: string, status: string) => ({ type, status, lastTransitionTime: now() });
  return {
    phase: missing ? 'Pending' : (ended?.phase ?? 'Running'),
    podIP: '10.1.0.1',
    startTime: now(),
    conditions: [
      condition('Initialized', 'True'),
      condition('ContainersReady', missing || ended !== undefined ? 'False' : 'True'),
      condition('Ready', missing || ended !== undefined ? 'False' : 'True'),
      condition('PodScheduled', 'True'),
    ],
    containerStatuses: containers.map(container => ({
      name: container['name'],
      image: container['image'],
      imageID: '',
      ready: !missing && ended === undefined,
      started: !missing,
      restartCount: 0,
      state: missing
        ? { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } }
        : ended === undefined
          ? { running: { startedAt: now() } }
          : { terminated: { exitCode: ended.exitCode, startedAt: now(), finishedAt: now() } },
    })),
  };
}

function endOf(containers: readonly JsonObject[]): { phase: string; exitCode: number } | undefined {
  const images = containers.map(({ image }) => plainText(image));
  if (images.some(image => image.endsWith(':fails'))) return { phase: 'Failed', exitCode: 1 };
  return images.some(image => image.endsWith(':ends')) ? { phase: 'Succeeded', exitCode: 0 } : undefined;
}

function nowMicro(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
