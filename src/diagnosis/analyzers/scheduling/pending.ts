import type { Fix } from '../../../core/finding.ts';
import { describeRef } from '../../../core/ref.ts';
import { lastSeenMs } from '../../../kubernetes/event-times.ts';
import { endOfJob } from '../../../kubernetes/job-end.ts';
import type { Node } from '../../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { podsOn } from '../../cluster/node-state.ts';
import { quoteEvent } from '../../evidence.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import { describeObstacle, describeSaying } from '../../scheduling/pending-text.ts';
import type { PendingCode, Saying, Told } from '../../scheduling/pending-verdict.ts';
import { type Obstacle, obstacleTo } from '../../scheduling/placement.ts';
import { isUnbegun, rivalsOf } from '../../scheduling/port-rivals.ts';
import { readSchedulingMessage } from '../../scheduling/scheduling-message.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';
import { wayBack } from '../../workloads/roll-back.ts';

/** Room comes free when something else ends, and a rollout passes through such moments: only what lasts is told. */
const crowdedMs = 60_000;
/** An autoscaler of nodes gives a new one a quarter of an hour to come. */
const scaleUpMs = 900_000;
/** A pod that is to take others' place waits for them to end gracefully, 30 s by default. */
const preemptionMs = 120_000;

/** Pods that no node takes, and specs that none ever could. */
export const pendingAnalyzer = defineAnalyzer({
  id: 'pending',
  needs: [...podSetKinds, 'Node', 'Event', 'ControllerRevision'],
  codes: {
    POD_TOO_LARGE: {
      row: 'pending-resources',
      means: 'A pod asks for more than any node has that it may run on, however empty the node is.',
      decided:
        "The pod's requests exceed what is allocatable on each node that its selectors and tolerations leave. Follows from the spec, without a pod.",
      fixed: 'Smaller requests (the revision before, where it fits), or a larger node.',
    },
    NO_ROOM: {
      row: 'pending-resources',
      means: 'The nodes that could take a pod are full.',
      decided:
        'The scheduler says Insufficient or Too many pods for over a minute, some node would be large enough, and no node is being added.',
      fixed: 'More nodes, smaller requests, or fewer pods of something else.',
    },
    NODE_LABEL_MISSING: {
      row: 'pending-selector',
      means: 'No node has the labels of a node selector.',
      decided: 'All nodes were read and none fits spec.nodeSelector, or the scheduler says so.',
      fixed:
        'The right label in the selector (a nearest one is proposed where there is just one), or a label on a node.',
    },
    NODE_AFFINITY_UNMET: {
      row: 'pending-affinity',
      means: 'No node fits the required node affinity.',
      decided: 'All nodes were read and none fits one of the required terms, or the scheduler says so.',
      fixed: 'Other terms, or labels on nodes.',
    },
    NEIGHBOUR_MISSING: {
      row: 'pending-affinity',
      means: 'A pod has to run beside pods that are nowhere it may run.',
      decided: 'The scheduler says that no node matches the pod affinity rules.',
      fixed: 'The pods that it wants to join, or another term.',
    },
    ANTI_AFFINITY_FULL: {
      row: 'pending-affinity',
      means: 'Pods that keep each other off are more than there are places.',
      decided:
        'Required anti-affinity of a workload to itself with fewer nodes (or zones) than replicas, or the scheduler says so for over a minute.',
      fixed: 'Fewer replicas, more nodes, or a preference instead of a rule.',
    },
    NODES_TAINTED: {
      row: 'pending-taint',
      means: 'Every node that a pod could run on has a taint that it does not tolerate.',
      decided: 'The taints of all fitting nodes, or the scheduler says so.',
      fixed: 'A toleration on the workload, or the taint off a node.',
    },
    NODES_CLOSED: {
      row: 'pending-taint',
      means: 'Every node that a pod could run on is cordoned or not ready.',
      decided:
        'spec.unschedulable, taints of the cluster itself and the Ready condition of all fitting nodes. Folds under a node that is not well.',
      fixed: 'An uncordoned or healed node.',
    },
    SPREAD_UNMET: {
      row: 'pending-spread',
      means: 'A required topology spread leaves a pod no node.',
      decided:
        'No fitting node has the topology label, fewer domains than minDomains, or the scheduler says so for over a minute.',
      fixed: 'Labels on the nodes, a node in the emptier domain, or ScheduleAnyway.',
    },
    HOST_PORT_TAKEN: {
      row: 'pending-host-port',
      means: 'The host port of a pod is taken on every node that it could run on.',
      decided: 'More replicas than fitting nodes, or the scheduler says that no node has free ports.',
      fixed: 'A Service instead of the host port, another port, or fewer replicas.',
    },
  },

  analyze(snapshot) {
    return snapshot.podSets.flatMap(set => draftFor(set, snapshot) ?? []);
  },
});

interface Around {
  set: PodSet;
  snapshot: Snapshot;
  nodes: readonly Node[];
  /** The youngest that has no node. */
  pod: Pod | undefined;
}

function draftFor(set: PodSet, snapshot: Snapshot): Draft<PendingCode> | undefined {
  const nodes = snapshot.sees('Node') ? snapshot.of('Node') : [];
  const pod = youngest(set.pods.filter(isUnplaced));
  const wanted = wantedOf(set);
  const isDaemon = isKind(set.object, 'DaemonSet');
  // A DaemonSet wants as many as there are nodes for it; only a pod of its own shows that one does not fit.
  const lacks = pod !== undefined || (wanted > set.ready && !isDaemon && !set.pods.some(hasNode));
  if (!lacks || (pod !== undefined && waitsForOthers(pod, snapshot))) return undefined;
  const around = { set, snapshot, nodes, pod };
  const asked = {
    spec: pod?.spec ?? set.spec,
    labels: set.labels,
    namespace: set.namespace,
    wanted: isDaemon ? 1 : wanted,
    ...peersOf(set, snapshot),
  };
  const found = nodes.length === 0 ? { open: [] } : obstacleTo(asked, nodes);
  if ('obstacle' in found) {
    const { obstacle } = found;
    return finish(describeObstacle(obstacle, around), { ...around, back: rollBack(obstacle, around) });
  }
  const saying = pod === undefined ? undefined : sayingOf(pod, snapshot);
  return saying === undefined
    ? undefined
    : finish(describeSaying(saying, { set, open: found.open, podsOn: placesIn(snapshot) }), around);
}

const makers = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'Pod'];

/** For one that has to run beside others: the labels of all pods of its namespace, unless some may be of unknown makers. */
function peersOf({ spec, namespace }: PodSet, snapshot: Snapshot): { peers?: PodSet['labels'][] } {
  if (spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined) return {};
  const sets = snapshot.podSets.filter(set => set.namespace === namespace);
  const isKnown = (name: string) => sets.some(({ object }) => name.startsWith(object.metadata.name));
  const strange = snapshot.rows.some(row => row.namespace === namespace && !isKnown(row.name));
  if (strange || !makers.every(kind => snapshot.sees(kind, namespace))) return {};
  const pods = snapshot.list('Pod', namespace).map(({ metadata }) => metadata.labels ?? {});
  return { peers: [...sets.map(({ labels }) => labels), ...pods] };
}

/** Undefined where pods that look well were not read in full. */
function placesIn(snapshot: Snapshot): ((node: Node) => readonly Pod[]) | undefined {
  if (snapshot.rows.length > 0 || !snapshot.sees('Pod')) return undefined;
  return node => podsOn(node, snapshot);
}

function youngest(pods: readonly Pod[]): Pod | undefined {
  const bornMs = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? '') || 0;
  return pods.toSorted((a, b) => bornMs(b) - bornMs(a))[0];
}

/** A run that has not ended counts as one pod, though its status may not be written yet. */
function wantedOf({ object, wanted }: PodSet): number {
  if (isDeleting(object)) return 0;
  if (isKind(object, 'Job'))
    return endOfJob(object) === undefined && object.spec.suspend !== true ? Math.max(1, wanted) : 0;
  if (isKind(object, 'CronJob')) return object.spec.suspend === true ? 0 : 1;
  return wanted;
}

function isUnplaced(pod: Pod): boolean {
  const { phase = 'Pending' } = pod.status ?? {};
  const isGated = (pod.spec.schedulingGates ?? []).length > 0;
  return phase === 'Pending' && !hasNode(pod) && !isDeleting(pod) && !isGated;
}

function hasNode({ spec }: Pod): boolean {
  return (spec.nodeName ?? '') !== '';
}

/** A node is on its way, or pods that it drives away are still ending. */
function waitsForOthers(pod: Pod, snapshot: Snapshot): boolean {
  const nominated = (pod.status?.nominatedNodeName ?? '') !== '';
  if (nominated && ageOf(pod, snapshot) < preemptionMs) return true;
  return snapshot
    .eventsFor(refOf(pod))
    .some(event => event.reason === 'TriggeredScaleUp' && snapshot.nowMs - lastSeenMs(event) < scaleUpMs);
}

function ageOf(pod: Pod, snapshot: Snapshot): number {
  return sinceMs(snapshot, pod.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY;
}

/** The last word of a scheduler about a pod. */
function messageOf(pod: Pod, snapshot: Snapshot): { reason: string; message: string } | undefined {
  const condition = conditionOf(pod.status?.conditions, 'PodScheduled');
  if (condition?.status === 'False' && condition.reason === 'Unschedulable')
    return { reason: 'Unschedulable', message: condition.message ?? '' };
  const event = snapshot.eventsFor(refOf(pod)).find(({ reason }) => reason === 'FailedScheduling');
  return event === undefined ? undefined : { reason: 'FailedScheduling', message: event.message ?? '' };
}

/** What only what else runs now explains. Volumes are looked at elsewhere. */
function sayingOf(pod: Pod, snapshot: Snapshot): Saying | undefined {
  const said = messageOf(pod, snapshot);
  if (said === undefined) return undefined;
  const { stage, short, apart } = readSchedulingMessage(said.message);
  if (stage === undefined || stage === 'volume') return undefined;
  const lasts = stage === 'taint' || stage === 'selector' || ageOf(pod, snapshot) >= crowdedMs;
  return lasts ? { said: stage, short, apart } : undefined;
}

function finish(
  { fixes = [], question, dependsOn, ...told }: Told,
  { set, snapshot, pod, back = [] }: Around & { back?: readonly Fix[] },
): Draft<PendingCode> {
  const said = pod === undefined ? undefined : messageOf(pod, snapshot);
  const all = [...back, ...fixes];
  const rivals = told.code === 'HOST_PORT_TAKEN' ? rivalsOf(set, snapshot) : [];
  const [rival] = rivals;
  const running = set.ready > 0 ? `; ${set.ready} of ${set.wanted} serve` : '';
  return {
    ...told,
    summary: `${told.summary}${running}`,
    // A run that is not due harms nobody yet.
    severity: pod === undefined && set.wanted === 0 ? 'warning' : harmTo(set),
    object: refOf(set.object),
    evidence: [...told.evidence, ...(said === undefined ? [] : [quoteEvent(withoutPreemption(said))])],
    ...(rival === undefined
      ? {}
      : { cause: `${describeRef(refOf(rival.object))} takes the same port of its nodes` }),
    // That there are no such pods may be only what is known of them; a scheduler knows all.
    confidence: told.code === 'NEIGHBOUR_MISSING' && said === undefined ? 'likely' : 'certain',
    fixes: all,
    ...(all.length > 0 || question === undefined ? {} : { question }),
    // Whoever has just been given the last node of a port that both want is held up by the same lack.
    breaks: rivals
      .filter(each => each.namespace === set.namespace && isUnbegun(each))
      .map(({ object }) => refOf(object)),
    ...(dependsOn === undefined ? {} : { dependsOn }),
    depth: 2,
  };
}

function withoutPreemption({ reason, message }: { reason: string; message: string }) {
  return { reason, message: message.split(/\.? ?(?:no new claims to deallocate, )?preemption: /)[0] ?? '' };
}

/** The revision before, if no such thing is in its way. A closed node is no fault of the revision. */
function rollBack(obstacle: Obstacle, { set, snapshot, nodes }: Around): readonly Fix[] {
  if (obstacle.of === 'cordon' || obstacle.of === 'unready') return [];
  const { labels, namespace, wanted } = set;
  return wayBack(set.object, {
    snapshot,
    without: spec => 'open' in obstacleTo({ spec, labels, namespace, wanted }, nodes),
  });
}
