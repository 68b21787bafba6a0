import type { Node } from '../kinds/cluster.ts';
import type { Pod } from '../kinds/pod.ts';
import { controllerUid } from '../owners.ts';
import { podAmounts } from '../pod-amounts.ts';
import { type Nano, readQuantity } from '../quantities.ts';

/** Amounts by resource, in thousandths of its unit: whole numbers that a double holds for any node. */
type Amounts = ReadonlyMap<string, number>;

/** A node as the scheduler sees it while it places pods. */
export interface Room {
  node: Node;
  allocatable: Amounts;
  used: Map<string, number>;
  /** Those that still hold their place. */
  pods: Pod[];
  hostPorts: Set<string>;
  /** How many of the pods belong to each controller. */
  byOwner: Map<string, number>;
}

const nanoInMilli = 1_000_000n;

const requests = new WeakMap<Pod['spec'], Amounts>();

/** What a pod asks of its node. A spec that is stored does not change, so it is added up once. */
function requestsOf({ spec }: Pod): Amounts {
  const known = requests.get(spec);
  if (known !== undefined) return known;
  const amounts = new Map([...podAmounts(spec, 'requests')].map(([name, nano]) => [name, milliOf(nano)]));
  requests.set(spec, amounts);
  return amounts;
}

export function roomOf(node: Node, pods: readonly Pod[]): Room {
  const allocatable = new Map(
    Object.entries(node.status?.allocatable ?? {}).map(([name, value]) => [name, milliOf(quantity(value))]),
  );
  const room: Room = {
    node,
    allocatable,
    used: new Map(),
    pods: [],
    hostPorts: new Set(),
    byOwner: new Map(),
  };
  for (const pod of pods) if (holdsPlace(pod)) occupy(room, pod);
  return room;
}

function holdsPlace({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

export function occupy(room: Room, pod: Pod): void {
  room.pods.push(pod);
  for (const [name, amount] of requestsOf(pod)) room.used.set(name, (room.used.get(name) ?? 0) + amount);
  const owner = controllerUid(pod) ?? '';
  room.byOwner.set(owner, (room.byOwner.get(owner) ?? 0) + 1);
  for (const port of hostPortsOf(pod)) room.hostPorts.add(port);
}

/** `protocol/port` of every port that the pod takes on its node itself. */
export function hostPortsOf({ spec }: Pod): string[] {
  return spec.containers.flatMap(container =>
    (container.ports ?? []).flatMap(({ hostPort, protocol = 'TCP' }) =>
      hostPort ? [`${protocol}/${hostPort}`] : [],
    ),
  );
}

/** Resources of which the node has too little left, and whether it would have enough if it were empty. */
export function shortages(room: Room, pod: Pod): { name: string; ever: boolean }[] {
  const found: { name: string; ever: boolean }[] = [];
  for (const [name, amount] of requestsOf(pod)) {
    const all = room.allocatable.get(name) ?? 0;
    if (amount > 0 && amount > all - (room.used.get(name) ?? 0)) found.push({ name, ever: amount <= all });
  }
  return found;
}

/** The share of a resource (0 to 1) that stays free with the pod on the node; without a request a little counts. */
export function freeShare(
  room: Room,
  { pod, name, least }: { pod: Pod; name: string; least: number },
): number {
  const all = room.allocatable.get(name) ?? 0;
  const asked = (requestsOf(pod).get(name) ?? least) + (room.used.get(name) ?? 0);
  return all === 0 ? 0 : Math.max(0, (all - asked) / all);
}

function quantity(value: unknown): Nano {
  return typeof value === 'string' || typeof value === 'number' ? (readQuantity(value) ?? 0n) : 0n;
}

function milliOf(nano: Nano): number {
  return Number((nano + nanoInMilli - 1n) / nanoInMilli);
}
