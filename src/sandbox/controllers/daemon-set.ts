import type { Node } from '../../kubernetes/kinds/cluster.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { Affinity } from '../../kubernetes/kinds/scheduling.ts';
import type { DaemonSet } from '../../kubernetes/kinds/workloads.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { countReady, isActive, isReady } from '../../kubernetes/pod-readiness.ts';
import { daemonTolerations, takesDaemon } from '../../kubernetes/scheduling/daemon-nodes.ts';
import { shareOf } from '../../kubernetes/share.ts';
import type { Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { lettersFrom } from './naming.ts';
import { observed, podFrom, statusOf, wakeAtOf } from './owners.ts';
import { podKeeper } from './pod-keeper.ts';
import { recordRevision, revisionHash, revisionLabel } from './revisions.ts';

const { warn, make, stop, refusal } = podKeeper('daemonset-controller');
/**
 * Keeps one pod on every node that fits, and replaces those of an older template a few nodes at a time. An update goes
 * by maxUnavailable; maxSurge is not simulated.
 */
export const daemonSetController = eachObject('DaemonSet', {
  name: 'daemonset',
  watches: ['Pod', 'Node', 'ControllerRevision'],
  concerned: (changed, view) => (isKind(changed, 'Node') ? ofKind(view.list('DaemonSet'), 'DaemonSet') : []),
  reconcile(set, { view, nowMs }) {
    if (isDeleting(set)) return { operations: [] };
    const pods = ofKind(view.dependentsOf(set.metadata.uid ?? ''), 'Pod');
    const nodes = ofKind(view.list('Node'), 'Node');
    const wanted = nodes.filter(node => takesDaemon(set, node) === 'new');
    const kept = new Set(nodes.filter(node => takesDaemon(set, node) !== 'none').map(nameOf));
    const active = pods.filter(isActive);
    const counts = countReady(active, { minReadySeconds: set.spec.minReadySeconds ?? 0, nowMs });
    const shown = status(set, { wanted, active, counts });
    return {
      operations: [
        ...recordRevision(view, set),
        ...active.filter(pod => !kept.has(nodeOf(pod))).flatMap(pod => stop(set, pod)),
        ...pods
          .filter(pod => pod.status?.phase === 'Failed' && !isDeleting(pod))
          .flatMap(pod => replace(set, pod)),
        ...update(set, { wanted, active }),
        ...place(set, { wanted, pods, shown, nowMs }),
        ...shown,
      ],
      ...wakeAtOf([counts.nextAvailableMs]),
    };
  },
});

function nameOf({ metadata }: Node): string {
  return metadata.name;
}

/** The node that a daemon pod is for, which its affinity names before the scheduler has placed it. */
function nodeOf({ spec }: Pod): string {
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return spec.nodeName ?? terms[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

function place(
  set: DaemonSet,
  {
    wanted,
    pods,
    shown,
    nowMs,
  }: { wanted: readonly Node[]; pods: readonly Pod[]; shown: readonly Operation[]; nowMs: number },
): Operation[] {
  // A pod that is still stopping keeps its node until it is gone.
  const taken = new Set(pods.map(nodeOf));
  const ageMs = nowMs - Date.parse(set.metadata.creationTimestamp ?? '');
  const refused = refusal(set, shown);
  const empty = wanted.map(nameOf).filter(name => !taken.has(name));
  return empty.flatMap((nodeName): Operation[] => {
    const name = `${set.metadata.name}-${lettersFrom(`${set.metadata.uid}/${nodeName}/${ageMs}`, 5)}`;
    const labels = {
      [revisionLabel]: revisionHash(set),
      'pod-template-generation': String(set.metadata.generation ?? 1),
    };
    const tolerations = daemonTolerations(set);
    const pod = podFrom(set, {
      template: set.spec.template,
      name,
      labels,
      spec: { affinity: boundTo(nodeName, set), tolerations },
    });
    return make(set, { pod, refused });
  });
}

/** Each daemon pod asks the scheduler for its own node, whatever the template asks of nodes. */
function boundTo(nodeName: string, { spec: { template } }: DaemonSet): Affinity {
  const { affinity } = template.spec;
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [nodeName] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required },
  };
}

function replace(set: DaemonSet, pod: Pod): Operation[] {
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  const message = `Found failed daemon pod ${name} on node ${nodeOf(pod)}, will try to kill it`;
  return [warn(set, { reason: 'FailedDaemonPod', message }), ...stop(set, pod)];
}

/** Takes away pods of an older template as far as the allowed number of nodes may be without a ready one. */
function update(
  set: DaemonSet,
  { wanted, active }: { wanted: readonly Node[]; active: readonly Pod[] },
): Operation[] {
  if (set.spec.updateStrategy?.type === 'OnDelete') return [];
  const hash = revisionHash(set);
  const old = active.filter(pod => pod.metadata.labels?.[revisionLabel] !== hash);
  const unready = old.filter(pod => !isReady(pod));
  const ready = old.filter(isReady);
  const serving = active.filter(isReady).length;
  const room = maxUnavailable(set, wanted.length) - (wanted.length - serving);
  return [...unready, ...ready.slice(0, Math.max(0, room))].flatMap(pod => stop(set, pod));
}

function maxUnavailable(set: DaemonSet, nodes: number): number {
  const value = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  if (typeof value === 'number') return value;
  return Math.max(1, shareOf(value, { of: nodes, round: Math.ceil }));
}

function status(
  set: DaemonSet,
  {
    wanted,
    active,
    counts,
  }: { wanted: readonly Node[]; active: readonly Pod[]; counts: { ready: number; available: number } },
): Operation[] {
  const hash = revisionHash(set);
  const names = new Set(wanted.map(nameOf));
  const unavailable = wanted.length - counts.available;
  return statusOf(set, {
    currentNumberScheduled: active.filter(pod => names.has(nodeOf(pod))).length,
    desiredNumberScheduled: wanted.length,
    numberMisscheduled: active.filter(pod => !names.has(nodeOf(pod))).length,
    numberReady: counts.ready,
    updatedNumberScheduled: active.filter(pod => pod.metadata.labels?.[revisionLabel] === hash).length,
    ...(counts.available === 0 ? {} : { numberAvailable: counts.available }),
    ...(unavailable <= 0 ? {} : { numberUnavailable: unavailable }),
    ...observed(set),
  });
}
