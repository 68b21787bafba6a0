import type { Node } from '../../kubernetes/kinds/cluster.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { advanceContainers } from './container-life.ts';
import type { Controller, Operation } from './controller.ts';
import { lettersFrom } from './naming.ts';
import { deleteOf, isDeleting, statusOf } from './owners.ts';
import { wakeAtOf } from './pod-readiness.ts';
import { podStatus } from './pod-status.ts';

/** How long containers take to stop when they are asked to. */
const stopMs = 1_000;

/**
 * Until when a pod as it is stored has nothing to do. Stored objects are never changed in place, so that thousands
 * of pods at rest cost nothing when one of them moves.
 */
const restsUntil = new WeakMap<Pod, number>();

/** What a kubelet does on every node: starts the containers of its pods, tells how they are, stops them in time. */
export const podController: Controller = {
  name: 'pod',
  watches: ['Pod', 'Node'],
  reconcile(view, nowMs) {
    const nodes = new Map(ofKind(view.list('Node'), 'Node').map(node => [node.metadata.name, node]));
    const pods = ofKind(view.list('Pod'), 'Pod');
    const addresses = new Addresses(pods);
    const operations: Operation[] = [];
    const moments: number[] = [];
    for (const pod of pods) {
      if (isDeleting(pod)) {
        const endMs = stopsAt(pod);
        if (endMs > nowMs) moments.push(endMs);
        else operations.push(...stop(pod));
        continue;
      }
      const node = nodes.get(pod.spec.nodeName ?? '');
      if (node === undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue;
      const restMs = restsUntil.get(pod) ?? Number.NEGATIVE_INFINITY;
      if (restMs > nowMs) {
        moments.push(restMs);
        continue;
      }
      const life = advanceContainers({ pod, world: view.world, nowMs });
      const place = { hostIP: hostAddress(node), podIP: () => addresses.next(node, pod) };
      const changes = [...statusOf(pod, podStatus(pod, { life, place, nowMs })), ...life.events];
      if (changes.length === 0) restsUntil.set(pod, life.nextMs);
      operations.push(...changes);
      moments.push(life.nextMs);
    }
    return { operations, ...wakeAtOf(moments) };
  },
};

/** Containers are asked to stop when the deletion comes, and have their grace period at most. */
function stopsAt(pod: Pod): number {
  if ((pod.spec.nodeName ?? '') === '') return Number.NEGATIVE_INFINITY;
  const endMs = Date.parse(pod.metadata.deletionTimestamp ?? '');
  const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1_000;
  return Math.min(endMs, endMs - graceMs + stopMs);
}

function stop(pod: Pod): Operation[] {
  // Stopped already, and held by a finalizer of somebody else.
  if ((pod.metadata.finalizers ?? []).length > 0 && pod.metadata.deletionGracePeriodSeconds === 0) return [];
  const running = (pod.status?.containerStatuses ?? []).filter(status => status.state?.running !== undefined);
  return [
    ...running.map(
      (status): Operation => ({
        do: 'event',
        about: pod,
        type: 'Normal',
        reason: 'Killing',
        message: `Stopping container ${status.name}`,
        from: 'kubelet',
      }),
    ),
    deleteOf(pod, { graceSeconds: 0 }),
  ];
}

function hostAddress(node: Node): string {
  return node.status?.addresses?.find(address => address.type === 'InternalIP')?.address ?? '';
}

/** Hands out the pod addresses of each node's range; an address is free again when its pod is gone. */
class Addresses {
  readonly #taken: Set<string>;

  constructor(pods: readonly Pod[]) {
    this.#taken = new Set(pods.map(pod => pod.status?.podIP ?? ''));
  }

  next(node: Node, pod: Pod): string {
    if (pod.spec.hostNetwork === true) return hostAddress(node);
    const prefix = (node.spec?.podCIDR ?? '10.42.255.0/24').split('.').slice(0, 3).join('.');
    // .1 is the node's own bridge. Starting anywhere keeps an address from going to the very next pod.
    const start = lettersFrom(pod.metadata.uid ?? '', 2).charCodeAt(0) % 120;
    for (let index = 0; index < 253; index++) {
      const address = `${prefix}.${2 + ((start + index) % 253)}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    return `${prefix}.254`;
  }
}
