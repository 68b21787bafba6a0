import { isUnobserved } from '../../../kubernetes/health/verdict.ts';
import type { DaemonSet } from '../../../kubernetes/kinds/workloads.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { isReady } from '../../../kubernetes/pod-readiness.ts';
import { daemonTolerations } from '../../../kubernetes/scheduling/daemon-nodes.ts';
import { sinceMs, unreadyMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import type { PodSet } from '../../pod-sets.ts';
import { describeObstacle } from '../../scheduling/pending-text.ts';
import { obstacleTo } from '../../scheduling/placement.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';

/** A pod that starts slowly is not stuck: as long as a Deployment gives its own by default. */
const stuckMs = 600_000;
/** Labels that say what hardware or system a node is: a cluster may well have none of that kind, now or ever. */
const ofHardware =
  /^(?:beta\.)?kubernetes\.io\/(?:os|arch)$|instance-type|gpu|nvidia|amd\.com|intel|accelerator/i;

/** DaemonSets that are not where they should be. */
export const daemonSetsAnalyzer = defineAnalyzer({
  id: 'daemon-sets',
  needs: ['DaemonSet', 'Pod', 'Node'],
  codes: {
    DAEMON_SET_NOWHERE: {
      row: 'daemon-set',
      means: 'A DaemonSet runs on no node at all.',
      decided:
        'Its selectors and tolerations fit none of the nodes. One that asks for hardware or a system that no node has, and one of kube-system, is a note.',
      fixed: 'The right label in its selector, a label on nodes, or a toleration.',
    },
    DAEMON_SET_MISPLACED: {
      row: 'daemon-set',
      means: 'Pods of a DaemonSet run on nodes where they no longer belong.',
      decided: 'status.numberMisscheduled is above zero.',
      fixed: 'Its selector, or the labels of those nodes.',
    },
    DAEMON_SET_UNAVAILABLE: {
      row: 'daemon-set',
      means: 'A DaemonSet is not available on all of its nodes.',
      decided:
        'status.numberUnavailable is above zero, and one of its pods has not been ready for ten minutes or is missing. Folds under what ails the pod or its node.',
      fixed: 'The cause in that pod.',
    },
  },

  analyze(snapshot) {
    return snapshot.podSets.flatMap(set => {
      const { object } = set;
      if (!isKind(object, 'DaemonSet') || isDeleting(object)) return [];
      // What is only written down yet has no status.
      const { status } = object;
      if (status !== undefined && isUnobserved(object, status.observedGeneration)) return [];
      return [
        ...nowhere(object, { set, snapshot }),
        ...misplaced(object),
        ...unavailable(object, { set, snapshot }),
      ];
    });
  },
});

type Code = 'DAEMON_SET_NOWHERE' | 'DAEMON_SET_MISPLACED' | 'DAEMON_SET_UNAVAILABLE';

interface Around {
  set: PodSet;
  snapshot: Snapshot;
}

function nowhere(object: DaemonSet, { set, snapshot }: Around): Draft<Code>[] {
  const nodes = snapshot.sees('Node') ? snapshot.of('Node') : [];
  if ((object.status?.desiredNumberScheduled ?? 0) > 0 || nodes.length === 0) return [];
  const { labels, namespace } = set;
  const spec = { ...set.spec, tolerations: daemonTolerations(object) };
  const found = obstacleTo({ spec, labels, namespace, wanted: 1 }, nodes);
  if (!('obstacle' in found)) return [];
  const { of } = found.obstacle;
  if (of !== 'labels' && of !== 'node-affinity' && of !== 'taint') return [];
  const { fixes = [], question, ...told } = describeObstacle(found.obstacle, { set, nodes });
  const keys = Object.keys(set.spec.nodeSelector ?? {});
  const isOptional =
    namespace === 'kube-system' || (of !== 'taint' && keys.some(key => ofHardware.test(key)));
  return [
    {
      ...told,
      code: 'DAEMON_SET_NOWHERE',
      severity: isOptional && fixes.length === 0 ? 'note' : 'warning',
      object: refOf(object),
      summary: `it runs on no node: ${told.summary}`,
      evidence: [
        ...told.evidence,
        quoteField('status.desiredNumberScheduled', object.status?.desiredNumberScheduled),
      ],
      confidence: 'likely',
      fixes,
      ...(fixes.length > 0 || question === undefined ? {} : { question }),
      depth: 2,
    },
  ];
}

function misplaced(object: DaemonSet): Draft<Code>[] {
  const misscheduled = object.status?.numberMisscheduled ?? 0;
  if (misscheduled === 0) return [];
  return [
    {
      code: 'DAEMON_SET_MISPLACED',
      severity: 'warning',
      object: refOf(object),
      summary: `${misscheduled} of its pods run on nodes where they do not belong`,
      evidence: [
        quoteField('status.numberMisscheduled', misscheduled),
        quoteField('spec.template.spec.nodeSelector', object.spec.template.spec.nodeSelector),
      ],
      confidence: 'certain',
      fixes: [],
      question: 'Should it run on those nodes, or should its pods there go?',
      depth: 0,
    },
  ];
}

function unavailable(object: DaemonSet, { set, snapshot }: Around): Draft<Code>[] {
  const {
    desiredNumberScheduled: wanted = 0,
    numberUnavailable = 0,
    currentNumberScheduled = 0,
  } = object.status ?? {};
  if (numberUnavailable === 0) return [];
  const unready = set.pods.filter(pod => !isReady(pod) && !isDeleting(pod));
  const stuck = unready.find(pod => (unreadyMs(pod, snapshot) ?? 0) >= stuckMs);
  const old = (sinceMs(snapshot, object.metadata.creationTimestamp) ?? 0) >= stuckMs;
  if (stuck === undefined && !(old && currentNumberScheduled < wanted)) return [];
  const where = stuck?.spec.nodeName ?? '';
  return [
    {
      code: 'DAEMON_SET_UNAVAILABLE',
      severity: harmTo({ object, wanted, ready: wanted - numberUnavailable }),
      object: refOf(object),
      summary: `it is not available on ${numberUnavailable} of ${wanted} nodes${where === '' ? '' : `, ${where} among them`}`,
      evidence: [
        quoteField('status.numberUnavailable', numberUnavailable),
        quoteField('status.currentNumberScheduled', currentNumberScheduled),
      ],
      confidence: 'certain',
      fixes: [],
      question: 'What keeps its pods from becoming ready?',
      ...(where === '' ? {} : { dependsOn: [{ kind: 'Node', name: where }] }),
      depth: 0,
    },
  ];
}
