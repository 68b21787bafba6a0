import { canonicalJson } from '../../core/json.ts';
import type { Node } from '../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { findIn } from '../../kubernetes/object-view.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { isActive } from '../../kubernetes/pod-readiness.ts';
import { type Taint, toleratedSeconds } from '../../kubernetes/scheduling/taints.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import type { Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { eventsFrom } from './events.ts';
import { deleteOf, disrupted, statusOf, updateOf, wakeAtOf } from './owners.ts';

const { tell } = eventsFrom('taint-eviction-controller');
const prefix = 'node.kubernetes.io/';
const own = new Set(['not-ready', 'unreachable', 'unschedulable'].map(state => `${prefix}${state}`));

/** Marks nodes that take no pods by taints, and drives off the pods that do not tolerate a NoExecute one any longer. */
export const nodeLifecycleController = eachObject('Node', {
  name: 'node-lifecycle',
  watches: ['Pod'],
  concerned(pod, view) {
    if (!isKind(pod, 'Pod') || isDeleting(pod)) return [];
    const node = findIn(view, 'Node', { name: pod.spec.nodeName ?? '' });
    return node === undefined || executing(node).length === 0 ? [] : [node];
  },
  reconcile(node, { view, nowMs }) {
    const taints = taintsOf(node, nowMs);
    if (canonicalJson(taints) !== canonicalJson(node.spec?.taints ?? [])) {
      const { taints: _before, ...spec } = node.spec ?? {};
      return {
        operations: [updateOf({ ...node, spec: { ...spec, ...(taints.length === 0 ? {} : { taints }) } })],
      };
    }
    const driving = executing(node);
    if (driving.length === 0) return { operations: [] };
    const pods = ofKind(view.podsOn(node.metadata.name), 'Pod').filter(isActive);
    const leaving = pods.map(pod => ({ pod, atMs: leavesAt(pod, driving) }));
    return {
      operations: leaving.flatMap(({ pod, atMs }) => (atMs <= nowMs ? evict(pod, nowMs) : [])),
      ...wakeAtOf(leaving.map(({ atMs }) => atMs).filter(atMs => atMs > nowMs)),
    };
  },
});

function executing(node: Node): Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** The taints of others as they are, with when they began; and those that follow from the node's own state. */
function taintsOf(node: Node, nowMs: number): Taint[] {
  const present = node.spec?.taints ?? [];
  const ready = conditionOf(node.status?.conditions, 'Ready')?.status;
  const states: [state: string, effect: string][] = [
    ...(node.spec?.unschedulable === true ? ['NoSchedule'] : []).map((effect): [string, string] => [
      'unschedulable',
      effect,
    ]),
    ...(ready === undefined || ready === 'True' ? [] : ['NoSchedule', 'NoExecute']).map(
      (effect): [string, string] => [ready === 'Unknown' ? 'unreachable' : 'not-ready', effect],
    ),
  ];
  const time = timestampAt(nowMs);
  const wanted = states.map(([state, effect]): Taint => {
    const key = `${prefix}${state}`;
    return (
      present.find(taint => taint.key === key && taint.effect === effect) ?? { key, effect, timeAdded: time }
    );
  });
  const others = present.filter(
    ({ key, effect }) => !own.has(key) || wanted.some(each => each.key === key && each.effect === effect),
  );
  const kept = others.map(taint =>
    taint.effect === 'NoExecute' && taint.timeAdded === undefined ? { ...taint, timeAdded: time } : taint,
  );
  return [...kept, ...wanted.filter(taint => !present.includes(taint))];
}

function leavesAt(pod: Pod, driving: readonly Taint[]): number {
  const { tolerations } = pod.spec;
  return Math.min(
    ...driving.map(taint => Date.parse(taint.timeAdded ?? '') + toleratedSeconds(taint, tolerations) * 1_000),
  );
}

function evict(pod: Pod, nowMs: number): Operation[] {
  const message = 'Taint manager: deleting due to NoExecute taint';
  const why = { reason: 'DeletionByTaintManager', message, time: timestampAt(nowMs) };
  const { namespace = '', name } = pod.metadata;
  return [
    tell(pod, { reason: 'TaintManagerEviction', message: `Marking for deletion Pod ${namespace}/${name}` }),
    ...statusOf(pod, disrupted(pod, why)),
    deleteOf(pod),
  ];
}
