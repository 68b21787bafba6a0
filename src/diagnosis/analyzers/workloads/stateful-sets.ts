import { describeRef } from '../../../core/ref.ts';
import { isUnobserved } from '../../../kubernetes/health/verdict.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import type { StatefulSet } from '../../../kubernetes/kinds/workloads.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { isReady } from '../../../kubernetes/pod-readiness.ts';
import { sinceMs, unreadyMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { deleteFix } from '../../fixes.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';

/** A pod that starts slowly is not stuck: as long as a Deployment gives its own by default. */
const stuckMs = 600_000;
/** An update that is held back on purpose is looked at within a day. */
const heldMs = 24 * 3_600_000;
const revisionLabel = 'controller-revision-hash';

/** StatefulSets that one of their pods holds up. What ails the pod itself is its own finding. */
export const statefulSetsAnalyzer = defineAnalyzer({
  id: 'stateful-sets',
  needs: ['StatefulSet', 'Pod', 'ControllerRevision'],
  codes: {
    STATEFUL_SET_HELD: {
      row: 'stateful-set',
      means: 'A pod that is not ready keeps a StatefulSet from making or replacing the others.',
      decided:
        'Pods in order, fewer ready than wanted, and the first that is not ready has been so for ten minutes. Folds under what ails that pod.',
      fixed: 'The cause in that pod.',
    },
    STATEFUL_REPAIR_HELD: {
      row: 'stateful-set',
      means: 'A StatefulSet has a new template, but waits for a pod of the old one to become ready first.',
      decided:
        'Pods in order, an update is under way, and a pod of an older revision has not been ready for ten minutes: the controller does not replace it by itself.',
      fixed: 'Delete that pod: it comes again with the new template.',
    },
    STATEFUL_SET_PARTITION: {
      row: 'stateful-set',
      means: 'A partition keeps every pod of a StatefulSet on the old template.',
      decided:
        'spec.updateStrategy.rollingUpdate.partition is not below the number of replicas, and the new revision is over a day old. A partition that lets some pods through: a note.',
      fixed: 'A lower partition, when the update may go on.',
    },
  },

  analyze(snapshot) {
    return snapshot.podSets.flatMap(({ object: set, pods }) => {
      if (!isKind(set, 'StatefulSet') || isDeleting(set)) return [];
      if (isUnobserved(set, set.status?.observedGeneration)) return [];
      return [...held(set, { pods, snapshot }), ...partitioned(set, snapshot)];
    });
  },
});

type Code = 'STATEFUL_SET_HELD' | 'STATEFUL_REPAIR_HELD' | 'STATEFUL_SET_PARTITION';

function held(
  set: StatefulSet,
  { pods, snapshot }: { pods: readonly Pod[]; snapshot: Snapshot },
): Draft<Code>[] {
  const { status = {}, spec } = set;
  const wanted = spec.replicas ?? 1;
  const ready = status.readyReplicas ?? 0;
  const inOrder = spec.podManagementPolicy !== 'Parallel';
  const first = pods
    .filter(pod => !isReady(pod) && !isDeleting(pod))
    .toSorted((a, b) => ordinalOf(a) - ordinalOf(b))[0];
  if (first === undefined || ready >= wanted || (unreadyMs(first, snapshot) ?? 0) < stuckMs) return [];
  const { updateRevision } = status;
  const revision = first.metadata.labels?.[revisionLabel];
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const { name } = first.metadata;
  const isOld = updateRevision !== undefined && revision !== undefined && revision !== updateRevision;
  const base = { object: refOf(set), severity: harmTo({ object: set, wanted, ready }) };
  const count = quoteField('status.readyReplicas', ready);
  if (isOld && inOrder && spec.updateStrategy?.type !== 'OnDelete' && ordinalOf(first) >= partition) {
    return [
      {
        ...base,
        code: 'STATEFUL_REPAIR_HELD',
        summary: `its newest template does not reach Pod/${name}, which is not ready: it is replaced only once it is`,
        evidence: [
          quoteField(`Pod/${name} metadata.labels[${revisionLabel}]`, revision),
          quoteField('status.updateRevision', updateRevision),
          count,
        ],
        confidence: 'likely',
        fixes: [
          deleteFix(
            refOf(first),
            `Delete ${describeRef(refOf(first))}, so that it is made from the newest template`,
          ),
        ],
        // The repair is there already: why the old pod fails matters no more.
        depth: 3,
      },
    ];
  }
  const missing = wanted - (status.replicas ?? 0);
  return [
    {
      ...base,
      code: 'STATEFUL_SET_HELD',
      summary:
        inOrder && missing > 0
          ? `Pod/${name} is not ready and holds ${missing} more back: ${ready} of ${wanted} are ready`
          : `${ready} of ${wanted} pods are ready; Pod/${name} is the first that is not`,
      evidence: [count, quoteField('spec.podManagementPolicy', spec.podManagementPolicy ?? 'OrderedReady')],
      confidence: 'certain',
      fixes: [],
      question: `What keeps Pod/${name} from becoming ready?`,
      depth: 0,
    },
  ];
}

function partitioned(set: StatefulSet, snapshot: Snapshot): Draft<Code>[] {
  const { status = {}, spec } = set;
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const { updateRevision, currentRevision } = status;
  if (partition === 0 || updateRevision === undefined || updateRevision === currentRevision) return [];
  const wanted = spec.replicas ?? 1;
  const { namespace } = set.metadata;
  const revision = snapshot.find('ControllerRevision', {
    name: updateRevision,
    ...(namespace === undefined ? {} : { namespace }),
  });
  const ageMs = sinceMs(snapshot, revision?.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY;
  const blocks = partition >= wanted && wanted > 0 && ageMs >= heldMs;
  return [
    {
      code: 'STATEFUL_SET_PARTITION',
      severity: blocks ? 'warning' : 'note',
      object: refOf(set),
      summary: `its partition ${partition} keeps all ${wanted} pods on the old template`,
      evidence: [
        quoteField('spec.updateStrategy.rollingUpdate.partition', partition),
        quoteField('status.updateRevision', updateRevision),
        quoteField('status.currentRevision', currentRevision),
      ],
      confidence: 'certain',
      fixes: [],
      question: 'May the update go on, and to how many pods?',
      depth: 0,
    },
  ];
}

function ordinalOf({ metadata: { name } }: Pod): number {
  return Number(name.slice(name.lastIndexOf('-') + 1));
}
