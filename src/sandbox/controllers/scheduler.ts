import { isObject } from '../../core/json.ts';
import type { Node } from '../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { Controller, Operation } from './controller.ts';
import { timestampAt } from './naming.ts';
import { isDeleting, statusOf, updateOf } from './owners.ts';
import { isActive } from './pod-readiness.ts';

const reporter = 'default-scheduler';

/**
 * Gives pods a node: of those that are ready, take pods, carry the wanted labels and have no taint that the pod does
 * not tolerate, the one with the fewest pods. What pods request is not counted: a sandbox node is never full.
 */
export const schedulerController: Controller = {
  name: 'scheduler',
  watches: ['Pod', 'Node'],
  reconcile(view, nowMs) {
    const nodes = ofKind(view.list('Node'), 'Node');
    const pods = ofKind(view.list('Pod'), 'Pod');
    const load = new Map(nodes.map(node => [node.metadata.name, 0]));
    for (const pod of pods.filter(isActive)) {
      const name = pod.spec.nodeName ?? '';
      load.set(name, (load.get(name) ?? 0) + 1);
    }
    const operations: Operation[] = [];
    for (const pod of pods) {
      if ((pod.spec.nodeName ?? '') !== '' || isDeleting(pod) || !isOurs(pod)) continue;
      const refusals = nodes.map(node => refusalOf(node, pod));
      const open = nodes.filter((_, index) => refusals[index] === undefined);
      const chosen = leastLoaded(open, load);
      if (chosen === undefined) {
        operations.push(...leavePending(pod, { message: whyNone(refusals), nowMs }));
        continue;
      }
      load.set(chosen, (load.get(chosen) ?? 0) + 1);
      const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
      operations.push(updateOf({ ...pod, spec: { ...pod.spec, nodeName: chosen } }), {
        do: 'event',
        about: pod,
        type: 'Normal',
        reason: 'Scheduled',
        message: `Successfully assigned ${name} to ${chosen}`,
        from: reporter,
      });
    }
    return { operations };
  },
};

function isOurs(pod: Pod): boolean {
  return (pod.spec.schedulerName ?? reporter) === reporter && pod.status?.phase !== 'Succeeded';
}

function leastLoaded(nodes: readonly Node[], load: ReadonlyMap<string, number>): string | undefined {
  const names = nodes.map(node => node.metadata.name);
  return names.sort((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0) || (a < b ? -1 : 1))[0];
}

/** Why a node does not take a pod, as the scheduler words it; undefined when it does. */
function refusalOf(node: Node, pod: Pod): string | undefined {
  if (node.spec?.unschedulable === true) return 'node(s) were unschedulable';
  if (conditionOf(node.status?.conditions, 'Ready')?.status !== 'True') return 'node(s) were not ready';
  const taint = untolerated(node, pod);
  if (taint !== undefined) return `node(s) had untolerated taint(s)`;
  const wanted = Object.entries(pod.spec.nodeSelector ?? {});
  const carries = wanted.every(([key, value]) => node.metadata.labels?.[key] === value);
  return carries ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

/** The first taint that keeps the pod off the node. PreferNoSchedule keeps nothing off. */
export function untolerated(node: Node, pod: Pick<Pod, 'spec'>) {
  return node.spec?.taints?.find(
    taint =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !pod.spec.tolerations?.some(toleration => {
        if (!isObject(toleration)) return false;
        if (toleration['effect'] && toleration['effect'] !== taint.effect) return false;
        if (toleration['operator'] === 'Exists') return !toleration['key'] || toleration['key'] === taint.key;
        return toleration['key'] === taint.key && (toleration['value'] ?? '') === (taint.value ?? '');
      }),
  );
}

function whyNone(refusals: readonly (string | undefined)[]): string {
  const counts = new Map<string, number>();
  for (const refusal of refusals)
    if (refusal !== undefined) counts.set(refusal, (counts.get(refusal) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const why = reasons.length === 0 ? 'no nodes available to schedule pods' : `${reasons.join(', ')}.`;
  return refusals.length === 0 ? why : `0/${refusals.length} nodes are available: ${why}`;
}

function leavePending(pod: Pod, { message, nowMs }: { message: string; nowMs: number }): Operation[] {
  const before = conditionOf(pod.status?.conditions, 'PodScheduled');
  if (before?.status === 'False' && before.message === message) return [];
  const others = (pod.status?.conditions ?? []).filter(condition => condition.type !== 'PodScheduled');
  const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : undefined;
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastProbeTime: null,
    lastTransitionTime: lastTransitionTime ?? timestampAt(nowMs),
  };
  return [
    ...statusOf(pod, { ...pod.status, phase: 'Pending', conditions: [...others, condition] }),
    { do: 'event', about: pod, type: 'Warning', reason: 'FailedScheduling', message, from: reporter },
  ];
}
