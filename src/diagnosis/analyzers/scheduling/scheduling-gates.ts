import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import type { PodSet } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';

/** What opens a gate, or places pods, looks at them within seconds; two minutes are no delay but nobody there. */
const overdueMs = 120_000;
/** Queues keep pods behind their gates for as long as it takes: waiting is what they are for. */
const queues = ['kueue.x-k8s.io/'];
const defaultScheduler = 'default-scheduler';

/** Pods that no scheduler looks at: behind a gate, or meant for a scheduler that does not answer. */
export const schedulingGatesAnalyzer = defineAnalyzer({
  id: 'scheduling-gates',
  needs: ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'],
  codes: {
    SCHEDULING_GATED: {
      row: 'scheduling-gate',
      means: 'Pods wait for somebody to take a scheduling gate away.',
      decided:
        'spec.schedulingGates is not empty for over two minutes, or the template of a workload without ready pods has gates. A gate of a queue is a note.',
      fixed: 'Whatever is to open the gate, or a template without it.',
    },
    SCHEDULER_UNKNOWN: {
      row: 'scheduling-gate',
      means: 'Pods name a scheduler that does nothing about them.',
      decided: 'Pending for over two minutes without a node and without any verdict of a scheduler.',
      fixed: 'The scheduler of that name, or spec.schedulerName without it.',
    },
  },

  analyze(snapshot) {
    return snapshot.podSets.flatMap(set => gated(set, snapshot) ?? unseen(set, snapshot) ?? []);
  },
});

type Found = Draft<'SCHEDULING_GATED' | 'SCHEDULER_UNKNOWN'> | undefined;

function gated(set: PodSet, snapshot: Snapshot): Found {
  const gate = gateOf(set, snapshot);
  if (gate === undefined) return undefined;
  const isQueue = queues.some(prefix => gate.name.startsWith(prefix));
  return {
    code: 'SCHEDULING_GATED',
    severity: isQueue ? 'note' : harmTo(set),
    object: refOf(set.object),
    summary: `its pods wait behind the scheduling gate ${gate.name}`,
    evidence: [quoteField(gate.at, gate.name)],
    confidence: 'certain',
    fixes: [],
    question: `Who is to take the gate ${gate.name} away?`,
    depth: 2,
  };
}

function unseen(set: PodSet, snapshot: Snapshot): Found {
  const pod = set.pods.find(each => isUnseen(each, snapshot));
  if (pod === undefined) return undefined;
  const name = pod.spec.schedulerName ?? defaultScheduler;
  const isDefault = name === defaultScheduler;
  return {
    code: 'SCHEDULER_UNKNOWN',
    severity: harmTo(set),
    object: refOf(set.object),
    summary: `its pods wait for the scheduler ${name}, which has not looked at them`,
    evidence: [
      quoteField(`${set.at}.schedulerName`, name),
      quoteField(`Pod/${pod.metadata.name} status.conditions`, 'no PodScheduled'),
    ],
    confidence: 'likely',
    fixes: [],
    question: isDefault
      ? 'Does the scheduler of the cluster run?'
      : `Should ${name} run, or should ${defaultScheduler} place them?`,
    depth: 2,
  };
}

function gateOf(set: PodSet, snapshot: Snapshot): { name: string; at: string } | undefined {
  const gated = set.pods.find(
    pod => (pod.spec.schedulingGates ?? []).length > 0 && !isDeleting(pod) && isOverdue(pod, snapshot),
  );
  const own = gated?.spec.schedulingGates?.[0];
  if (gated !== undefined && own !== undefined)
    return { name: own.name, at: `Pod/${gated.metadata.name} spec.schedulingGates[0].name` };
  const inTemplate = set.spec.schedulingGates?.[0];
  if (inTemplate === undefined || set.pods.length > 0 || set.wanted <= set.ready) return undefined;
  return { name: inTemplate.name, at: `${set.at}.schedulingGates[0].name` };
}

function isUnseen(pod: Pod, snapshot: Snapshot): boolean {
  const { status, spec } = pod;
  return (
    status?.phase === 'Pending' &&
    (spec.nodeName ?? '') === '' &&
    (spec.schedulingGates ?? []).length === 0 &&
    conditionOf(status.conditions, 'PodScheduled') === undefined &&
    !isDeleting(pod) &&
    isOverdue(pod, snapshot) &&
    snapshot.eventsFor(refOf(pod)).every(({ reason }) => reason !== 'FailedScheduling')
  );
}

function isOverdue({ metadata }: Pod, snapshot: Snapshot): boolean {
  return (sinceMs(snapshot, metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY) >= overdueMs;
}
