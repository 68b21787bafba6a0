import { conditionOf } from '../kinds/condition.ts';
import type { Pod } from '../kinds/pod.ts';
import type { ObjectView } from '../object-view.ts';
import { hostPortsOf, type Room, shortages } from './node-room.ts';
import { fitsNode } from './node-terms.ts';
import { neighboursOf, refusalByNeighbours } from './pod-terms.ts';
import { refusalBySpread, spreadsOf } from './spread.ts';
import { isTolerated, untolerated } from './taints.ts';
import type { Verdict } from './verdict.ts';
import { refusalByVolumes, type Volumes } from './volumes.ts';

const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** What judges each node for a pod: the first reason against it, in the order in which the real scheduler asks. */
export function judgeFor(
  pod: Pod,
  { rooms, view, volumes }: { rooms: readonly Room[]; view: ObjectView; volumes: Volumes },
): (room: Room) => Verdict[] {
  const spreads = spreadsOf(pod, { rooms, when: 'DoNotSchedule' });
  const neighbours = neighboursOf(pod, { rooms, view });
  const ports = hostPortsOf(pod);
  return room => {
    const byNode = refusalByNode(pod, room);
    if (byNode !== undefined) return [byNode];
    if (ports.some(port => room.hostPorts.has(port)))
      return [{ why: "node(s) didn't have free ports for the requested pod ports", evictionHelps: true }];
    const short = shortagesOf(pod, room);
    if (short.length > 0) return short;
    const refusal =
      refusalByVolumes(volumes, { node: room.node, view }) ??
      refusalBySpread(spreads, room) ??
      refusalByNeighbours(pod, { neighbours, room });
    return refusal === undefined ? [] : [refusal];
  };
}

function refusalByNode(pod: Pod, { node }: Room): Verdict | undefined {
  const refused = (why: string): Verdict => ({ why, evictionHelps: false });
  if (node.spec?.unschedulable === true && !isTolerated(unschedulableTaint, pod.spec.tolerations))
    return refused('node(s) were unschedulable');
  if (untolerated(node, pod) !== undefined) return refused('node(s) had untolerated taint(s)');
  // A real cluster says it by a taint, which the sandbox sets a moment later.
  if (conditionOf(node.status?.conditions, 'Ready')?.status !== 'True')
    return refused('node(s) had untolerated taint(s)');
  return fitsNode(pod, node) ? undefined : refused("node(s) didn't match Pod's node affinity/selector");
}

/** Every resource of which there is too little is named. */
function shortagesOf(pod: Pod, room: Room): Verdict[] {
  const full = room.pods.length + 1 > (room.allocatable.get('pods') ?? 0) / 1_000;
  return [
    ...(full ? [{ why: 'Too many pods', evictionHelps: true }] : []),
    ...shortages(room, pod).map(({ name, ever }) => ({ why: `Insufficient ${name}`, evictionHelps: ever })),
  ];
}
