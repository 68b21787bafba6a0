import type { Node } from '../../kubernetes/kinds/cluster.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { DaemonSet } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { Controller, Operation } from './controller.ts';
import { lettersFrom } from './naming.ts';
import { deleteOf, groupByController, isDeleting, podFrom, statusOf } from './owners.ts';
import { countReady, isActive, isReady, wakeAtOf } from './pod-readiness.ts';
import { recordRevision, revisionHash, revisionLabel } from './revisions.ts';
import { untolerated } from './scheduler.ts';

const reporter = 'daemonset-controller';
/** What every daemon pod tolerates: it belongs on a node even when others leave it. */
const ownTolerations = ['not-ready', 'unreachable', 'unschedulable'].map(state => ({
  key: `node.kubernetes.io/${state}`,
  operator: 'Exists',
  effect: state === 'unschedulable' ? 'NoSchedule' : 'NoExecute',
}));

/** Keeps one pod on every node that fits, and replaces those of an older template a few nodes at a time. */
export const daemonSetController: Controller = {
  name: 'daemonset',
  watches: ['DaemonSet', 'Pod', 'Node', 'ControllerRevision'],
  reconcile(view, nowMs) {
    const nodes = ofKind(view.list('Node'), 'Node');
    const podsByOwner = groupByController(ofKind(view.list('Pod'), 'Pod'));
    const operations: Operation[] = [];
    const moments: number[] = [];
    for (const set of ofKind(view.list('DaemonSet'), 'DaemonSet')) {
      if (isDeleting(set)) continue;
      const pods = podsByOwner.get(set.metadata.uid ?? '') ?? [];
      const wanted = nodes.filter(node => fits(node, set));
      const active = pods.filter(isActive);
      const counts = countReady(active, { minReadySeconds: set.spec.minReadySeconds ?? 0, nowMs });
      moments.push(counts.nextAvailableMs);
      operations.push(
        ...recordRevision(view, set),
        ...place(set, { wanted, pods, nowMs }),
        ...update(set, { wanted, active }),
        ...status(set, { wanted, active, counts }),
      );
    }
    return { operations, ...wakeAtOf(moments) };
  },
};

function fits(node: Node, set: DaemonSet): boolean {
  const { spec } = set.spec.template;
  const selected = Object.entries(spec.nodeSelector ?? {}).every(
    ([key, value]) => node.metadata.labels?.[key] === value,
  );
  const tolerations = [...(spec.tolerations ?? []), ...ownTolerations];
  return selected && untolerated(node, { spec: { ...spec, tolerations } }) === undefined;
}

function place(
  set: DaemonSet,
  { wanted, pods, nowMs }: { wanted: readonly Node[]; pods: readonly Pod[]; nowMs: number },
): Operation[] {
  const names = new Set(wanted.map(node => node.metadata.name));
  const misplaced = pods.filter(pod => isActive(pod) && !names.has(pod.spec.nodeName ?? ''));
  // A pod that is still stopping keeps its node until it is gone.
  const taken = new Set(pods.map(pod => pod.spec.nodeName));
  const ageMs = nowMs - Date.parse(set.metadata.creationTimestamp ?? '');
  const empty = [...names].filter(name => !taken.has(name));
  return [
    ...misplaced.flatMap(pod => stop(set, pod)),
    ...empty.flatMap((nodeName): Operation[] => {
      const name = `${set.metadata.name}-${lettersFrom(`${set.metadata.uid}/${nodeName}/${ageMs}`, 5)}`;
      const { template } = set.spec;
      const tolerations = [...(template.spec.tolerations ?? []), ...ownTolerations];
      const labels = {
        [revisionLabel]: revisionHash(set),
        'pod-template-generation': String(set.metadata.generation ?? 1),
      };
      const pod = podFrom(set, { template, name, labels, spec: { nodeName, tolerations } });
      return [
        { do: 'create', object: pod },
        tell(set, { reason: 'SuccessfulCreate', message: `Created pod: ${name}` }),
      ];
    }),
  ];
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
  return Math.max(1, Math.ceil((Number.parseFloat(value) * nodes) / 100));
}

function stop(set: DaemonSet, pod: Pod): Operation[] {
  return [
    deleteOf(pod),
    tell(set, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` }),
  ];
}

function tell(about: DaemonSet, { reason, message }: { reason: string; message: string }): Operation {
  return { do: 'event', about, type: 'Normal', reason, message, from: reporter };
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
  const unavailable = wanted.length - counts.available;
  const { generation } = set.metadata;
  return statusOf(set, {
    currentNumberScheduled: active.length,
    desiredNumberScheduled: wanted.length,
    numberMisscheduled: 0,
    numberReady: counts.ready,
    updatedNumberScheduled: active.filter(pod => pod.metadata.labels?.[revisionLabel] === hash).length,
    ...(counts.available === 0 ? {} : { numberAvailable: counts.available }),
    ...(unavailable <= 0 ? {} : { numberUnavailable: unavailable }),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  });
}
