import type { JsonObject } from '../../src/core/json.ts';
import type { ContainerStatus, Pod } from '../../src/kubernetes/kinds/pod.ts';
import { ofKind } from '../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { summarizePod } from '../../src/kubernetes/pod-summary.ts';
import { endpointSliceController } from '../../src/sandbox/controllers/endpoint-slice.ts';
import { podController } from '../../src/sandbox/controllers/pod.ts';
import { Rehearsal } from '../../src/sandbox/rehearsal.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { startMs } from './cluster-life.ts';

/** A node with its kubelet, whose images behave as given, and the pod `web` of the given spec beside other objects. */
export function startPod(start: {
  images?: JsonObject[];
  missing?: string[];
  spec: JsonObject;
  objects?: KubeObject[];
}): Rehearsal {
  const world = parseWorld(
    JSON.stringify({
      cluster: {
        serverVersion: 'v1.36.2',
        ageDays: 1,
        nodes: [{ name: 'n1', ip: '10.0.0.1', podSubnet: '10.42.0' }],
      },
      images: start.images ?? [],
      missing: start.missing ?? [],
      objects: [],
    }),
    'faults',
  );
  const life = new Rehearsal(world, {
    controllers: [podController, endpointSliceController],
    nowMs: startMs,
  });
  const node: KubeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    spec: { podCIDR: '10.42.0.0/24' },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
    },
  };
  const namespace: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
  for (const object of [node, namespace, ...(start.objects ?? []), podNamed('web', start.spec)])
    life.apply({ do: 'create', object });
  return life;
}

export function podNamed(name: string, spec: JsonObject): KubeObject {
  const metadata = { name, namespace: 'shop', labels: { app: name } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'n1', ...spec } };
}

export function inShop(kind: string, name: string, more: JsonObject = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop' }, ...more };
}

/** Plays up to so many seconds after the start. */
export function playTo(life: Rehearsal, seconds: number): void {
  life.playUntil(startMs + seconds * 1_000);
}

export function podOf(life: Rehearsal, name = 'web'): Pod {
  const found = ofKind(life.list('Pod'), 'Pod').find(pod => pod.metadata.name === name);
  if (found === undefined) throw new Error(`no pod ${name}`);
  return found;
}

export function containerOf(life: Rehearsal, name = 'web'): ContainerStatus {
  const status = podOf(life).status;
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const found = all.find(each => each.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

/** As `kubectl get pods` shows it: `0/1 CrashLoopBackOff 3`. */
export function shown(life: Rehearsal, name = 'web'): string {
  const { ready, containers, status, restarts } = summarizePod(podOf(life, name));
  return `${ready}/${containers} ${status} ${restarts}`;
}

/** The events about the pod `web`, as `kubectl describe` shows them: `Warning BackOff ×3: …`. */
export function eventsOf(life: Rehearsal): string[] {
  return ofKind(life.list('Event'), 'Event')
    .filter(each => each.involvedObject?.name === 'web' && each.source?.component === 'kubelet')
    .map(each => `${each.type} ${each.reason} ×${each.count}: ${each.message}`);
}

/** Changes what a pod's containers are started with, as a person may who edits the pod. */
export function editContainer(life: Rehearsal, change: JsonObject): void {
  const pod = podOf(life);
  const containers = pod.spec.containers.map(each => ({ ...each, ...change }));
  life.apply({ do: 'update', object: { ...pod, spec: { ...pod.spec, containers } } });
}
