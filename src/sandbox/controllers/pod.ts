import type { Node } from '../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { findIn } from '../../kubernetes/object-view.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { containersIn, statusesIn } from '../../kubernetes/pod-containers.ts';
import { serviceOf } from '../../kubernetes/service-address.ts';
import { behaviourOf } from '../world.ts';
import { advanceContainers, createLife } from './container-life.ts';
import type { ClusterView, Controller, Operation } from './controller.ts';
import { eachObject, type Surroundings } from './each-object.ts';
import { type Frame, memoryOf, tell } from './kubelet.ts';
import { lettersFrom } from './naming.ts';
import { deleteOf, statusOf, wakeAtOf } from './owners.ts';
import { expire, expiresAt } from './pod-deadline.ts';
import { podStatus } from './pod-status.ts';
import { mountVolumes } from './pod-volumes.ts';

/** From seeing a pod to its sandbox being there, if nothing is in the way of its volumes. */
const setupMs = 500;
/** What a kubelet does on every node: starts the containers of its pods, tells how they are, stops them in time. */
export const podController: Controller = eachObject('Pod', {
  name: 'pod',
  watches: ['Node', 'ConfigMap', 'Secret', 'PersistentVolumeClaim', 'EndpointSlice'],
  concerned: podsConcernedBy,
  reconcile(pod, { view, nowMs }) {
    if ((pod.spec.nodeName ?? '') === '' && !isDeleting(pod)) return { operations: [] };
    if (isDeleting(pod)) return stop(pod, { view, nowMs });
    const node = findIn(view, 'Node', { name: pod.spec.nodeName ?? '' });
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (node === undefined || ended) return { operations: [] };
    return live(pod, { view, nowMs, node });
  },
});

function live(pod: Pod, { view, nowMs, node }: Surroundings & { node: Node }) {
  let podIP = pod.status?.podIP;
  const frame: Frame = {
    pod,
    view,
    nowMs,
    memory: memoryOf(view, pod),
    podIP: () => {
      podIP ??= freeAddress(view, { node, pod });
      return podIP;
    },
    events: [],
    moments: [],
  };
  const hostIP = hostAddress(node);
  if (expiresAt(pod) <= nowMs) {
    const status = expire(frame, { hostIP });
    return { operations: [...statusOf(pod, status), ...frame.events] };
  }
  frame.moments.push(expiresAt(pod));
  const sandboxed = hasSandbox(frame);
  const life = sandboxed ? advanceContainers(frame) : { ...createLife(frame), ...keptLife(pod) };
  const place = { hostIP, ...(sandboxed ? { podIP: frame.podIP() } : {}) };
  const status = podStatus(pod, { life, place, sandboxed, nowMs });
  return { operations: [...statusOf(pod, status), ...frame.events], ...wakeAtOf(frame.moments) };
}

/** A pod without its sandbox keeps the statuses it has: nothing has been done for it yet. */
function keptLife({ status }: Pod) {
  return {
    ...(status?.containerStatuses === undefined ? {} : { main: status.containerStatuses }),
    ...(status?.initContainerStatuses === undefined ? {} : { init: status.initContainerStatuses }),
  };
}

function hasSandbox(frame: Frame): boolean {
  const { status } = frame.pod;
  if (conditionOf(status?.conditions, 'PodReadyToStartContainers')?.status === 'True') return true;
  const readyMs = (status?.startTime === undefined ? frame.nowMs : Date.parse(status.startTime)) + setupMs;
  if (status?.startTime !== undefined && readyMs <= frame.nowMs) return mountVolumes(frame);
  frame.moments.push(readyMs);
  return false;
}

/** Which pods a change of something else may set free, or make unwell. */
function podsConcernedBy(changed: KubeObject, view: ClusterView): readonly KubeObject[] {
  const { name, namespace } = changed.metadata;
  if (changed.kind === 'Node')
    return ofKind(view.podsOn(name), 'Pod').filter(pod => pod.status?.startTime === undefined);
  if (changed.kind !== 'EndpointSlice') return ofKind(view.list('Pod', namespace), 'Pod').filter(isHeldUp);
  return podsLeaningOn(changed, view);
}

/** Those whose health hangs on the endpoints of a service. */
function podsLeaningOn(slice: KubeObject, view: ClusterView): readonly KubeObject[] {
  if (!isKind(slice, 'EndpointSlice')) return [];
  const peer = `${serviceOf(slice)}.${slice.metadata.namespace}:`;
  const leaning = new Set(
    view.world.images.filter(
      ({ withoutPeers, needs }) =>
        withoutPeers === 'unready' && needs.some(need => need.startsWith('$') || need.startsWith(peer)),
    ),
  );
  if (leaning.size === 0) return [];
  return ofKind(view.list('Pod'), 'Pod').filter(pod =>
    containersIn(pod).some(({ image = '' }) => leaning.has(behaviourOf(view.world, image))),
  );
}

/** Waits for a volume or for configuration: a kubelet sees that it is there at its next try, this one at once. */
function isHeldUp({ status }: Pod): boolean {
  if (status?.startTime === undefined) return false;
  return (
    conditionOf(status.conditions, 'PodReadyToStartContainers')?.status === 'False' ||
    statusesIn({ status }).some(each => each.state?.waiting?.reason === 'CreateContainerConfigError')
  );
}

/** Containers are asked to stop when the deletion comes, and have their grace period at most. */
function stop(pod: Pod, { view, nowMs }: Surroundings) {
  const frame = { pod, view, nowMs, memory: memoryOf(view, pod), podIP: () => '', moments: [] };
  const events: Operation[] = [];
  const running = statusesIn(pod).filter(status => status.state?.running !== undefined);
  if (frame.memory.stoppingFromMs === undefined) {
    frame.memory.stoppingFromMs = nowMs;
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    for (const container of containers.filter(each => running.some(status => status.name === each.name)))
      tell(
        { ...frame, events },
        { reason: 'Killing', message: `Stopping container ${container.name}`, container },
      );
  }
  const endMs = stopsAt(frame);
  if (endMs > nowMs) return { operations: events, wakeAt: endMs };
  // Stopped already, and held by a finalizer of somebody else.
  const held = (pod.metadata.finalizers ?? []).length > 0 && pod.metadata.deletionGracePeriodSeconds === 0;
  return { operations: held ? events : [...events, deleteOf(pod, { graceSeconds: 0 })] };
}

/** When the slowest of its programs has stopped; counted from the kubelet's word to them: the deletion's time has no fractions. */
function stopsAt({ pod, view, memory, nowMs }: Pick<Frame, 'pod' | 'view' | 'memory' | 'nowMs'>): number {
  if ((pod.spec.nodeName ?? '') === '') return Number.NEGATIVE_INFINITY;
  const stopSeconds = pod.spec.containers.map(({ image = '' }) => behaviourOf(view.world, image).stopSeconds);
  const stoppedMs = (memory.stoppingFromMs ?? nowMs) + Math.max(...stopSeconds) * 1_000;
  return Math.min(Date.parse(pod.metadata.deletionTimestamp ?? ''), stoppedMs);
}

function hostAddress(node: Node): string {
  return node.status?.addresses?.find(address => address.type === 'InternalIP')?.address ?? '';
}

/** An address of the node's range that no pod of the node has; it is free again when its pod is gone. */
function freeAddress(view: ClusterView, { node, pod }: { node: Node; pod: Pod }): string {
  if (pod.spec.hostNetwork === true) return hostAddress(node);
  const taken = new Set(ofKind(view.podsOn(node.metadata.name), 'Pod').map(each => each.status?.podIP ?? ''));
  const prefix = (node.spec?.podCIDR ?? '10.42.255.0/24').split('.').slice(0, 3).join('.');
  // .1 is the node's own bridge. Starting anywhere keeps an address from going to the very next pod.
  const start = lettersFrom(pod.metadata.uid ?? '', 2).charCodeAt(0) % 120;
  for (let index = 0; index < 253; index++) {
    const address = `${prefix}.${2 + ((start + index) % 253)}`;
    if (!taken.has(address)) return address;
  }
  return `${prefix}.254`;
}
