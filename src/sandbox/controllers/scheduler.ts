import type { Node } from '../../kubernetes/kinds/cluster.ts';
import { conditionOf, transitionTime } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { isActive } from '../../kubernetes/pod-readiness.ts';
import { selectedNode } from '../../kubernetes/scheduling/claims.ts';
import { judgeFor } from '../../kubernetes/scheduling/fit.ts';
import { occupy, type Room, roomOf } from '../../kubernetes/scheduling/node-room.ts';
import { preferred } from '../../kubernetes/scheduling/preference.ts';
import { whyNone } from '../../kubernetes/scheduling/verdict.ts';
import { awaitsVolumes, volumesOf } from '../../kubernetes/scheduling/volumes.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import type { ClusterView, Controller, Operation } from './controller.ts';
import { eventsFrom } from './events.ts';
import { statusOf, updateOf, wakeAtOf } from './owners.ts';

const reporter = 'default-scheduler';
const { tell, warn } = eventsFrom(reporter);
/** After this long a scheduler tries a pod again though nothing has changed (its own default), and says again why not. */
const tryAgainMs = 300_000;
/** When it said last of a pod, by its uid, why it has no place. The present does not know what was said in a played past. */
const said = new WeakMap<ClusterView, Map<string, number>>();

/**
 * Gives pods a node that takes them, those of the highest priority first, and says why where there is none. It does not
 * preempt: nobody is evicted to make room for a pod of a higher priority.
 */
export const schedulerController: Controller = {
  name: 'scheduler',
  watches: ['Pod', 'Node', 'PersistentVolumeClaim', 'PersistentVolume', 'StorageClass'],
  // A pod that runs where it is neither waits for a place nor frees one.
  keysOf: changed => (isKind(changed, 'Pod') && isSettled(changed) ? [] : ['']),
  reconcile(view, nowMs) {
    const pending = ofKind(view.podsOn(''), 'Pod').filter(pod => isOurs(pod) && !isDeleting(pod));
    if (pending.length === 0) return { operations: [] };
    const rooms = ofKind(view.list('Node'), 'Node').map(node => currentRoom(node, view));
    const saidMs = new Map<string, number>();
    const operations = pending.sort(byUrgency).flatMap(pod => schedule(pod, { rooms, view, nowMs, saidMs }));
    said.set(view, saidMs);
    return { operations, ...wakeAtOf([...saidMs.values()].map(ms => ms + tryAgainMs)) };
  },
};

function isSettled(pod: Pod): boolean {
  return (pod.spec.nodeName ?? '') !== '' && isActive(pod) && pod.status?.phase === 'Running';
}

function isOurs(pod: Pod): boolean {
  return (pod.spec.schedulerName ?? reporter) === reporter && isActive(pod);
}

function byUrgency(a: Pod, b: Pod): number {
  const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0);
  const age = Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '');
  return priority || age || (a.metadata.name < b.metadata.name ? -1 : 1);
}

// The pods of a node are the same list until one of them changes.
const known = new WeakMap<readonly KubeObject[], Room>();

function currentRoom(node: Node, view: ClusterView): Room {
  const pods = view.podsOn(node.metadata.name);
  const before = known.get(pods);
  if (before !== undefined && before.node === node) return before;
  const room = roomOf(node, ofKind(pods, 'Pod'));
  if (pods.length > 0) known.set(pods, room);
  return room;
}

interface Cycle {
  rooms: Room[];
  view: ClusterView;
  nowMs: number;
  saidMs: Map<string, number>;
}

function schedule(pod: Pod, { rooms, view, nowMs, saidMs }: Cycle): Operation[] {
  const leave = (message: string): Operation[] => {
    const operations = leavePending(pod, { reason: 'Unschedulable', message, nowMs });
    const uid = pod.metadata.uid ?? '';
    const lastMs = said.get(view)?.get(uid);
    const isDue = operations.length > 0 || lastMs === undefined || lastMs + tryAgainMs <= nowMs;
    saidMs.set(uid, isDue ? nowMs : lastMs);
    return isDue ? [...operations, warn(pod, { reason: 'FailedScheduling', message })] : [];
  };
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    const message = 'Scheduling is blocked due to non-empty scheduling gates';
    return leavePending(pod, { reason: 'SchedulingGated', message, nowMs });
  }
  if (rooms.length === 0) return leave('no nodes available to schedule pods');
  const volumes = volumesOf(pod, view);
  if (typeof volumes === 'string')
    return leave(`0/${rooms.length} nodes are available: ${volumes}. not found`);
  if (awaitsVolumes(volumes)) return [];
  const judge = judgeFor(pod, { rooms, view, volumes });
  const verdicts = rooms.map(judge);
  const open = rooms.filter((_, index) => verdicts[index]?.length === 0);
  const room = preferred(pod, { open, rooms, view });
  if (room === undefined) return leave(whyNone(verdicts));
  const { name } = room.node.metadata;
  if (volumes.waiting.length > 0) {
    return volumes.waiting.map(claim => {
      const annotations = { ...claim.metadata.annotations, [selectedNode]: name };
      return updateOf({ ...claim, metadata: { ...claim.metadata, annotations } });
    });
  }
  known.delete(view.podsOn(name));
  occupy(room, pod);
  return [
    updateOf({ ...pod, spec: { ...pod.spec, nodeName: name } }),
    tell(pod, {
      reason: 'Scheduled',
      message: `Successfully assigned ${pod.metadata.namespace ?? ''}/${pod.metadata.name} to ${name}`,
    }),
  ];
}

function leavePending(
  pod: Pod,
  { reason, message, nowMs }: { reason: string; message: string; nowMs: number },
): Operation[] {
  const before = conditionOf(pod.status?.conditions, 'PodScheduled');
  if (before?.status === 'False' && before.reason === reason && before.message === message) return [];
  const others = (pod.status?.conditions ?? []).filter(condition => condition.type !== 'PodScheduled');
  const verdict = { type: 'PodScheduled', status: 'False' };
  const condition = {
    ...verdict,
    reason,
    message,
    lastProbeTime: null,
    lastTransitionTime: transitionTime(pod.status?.conditions, { ...verdict, time: timestampAt(nowMs) }),
  };
  return statusOf(pod, { ...pod.status, phase: 'Pending', conditions: [...others, condition] });
}
