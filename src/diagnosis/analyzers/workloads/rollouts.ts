import { isUnobserved } from '../../../kubernetes/health/verdict.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Deployment } from '../../../kubernetes/kinds/workloads.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { resumeFix } from '../../fixes.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';
import { wayBack } from '../../workloads/roll-back.ts';

/** Whoever pauses a rollout looks at it within a working day. */
const forgottenMs = 24 * 3_600_000;
/** Whoever makes a Deployment paused, to complete it before it runs, does so in one go. */
const unbornMs = 300_000;
/** As the default of progressDeadlineSeconds, for those whose deadline never comes. */
const stalledMs = 600_000;

/** Rollouts that do not end: an outer sign, which what ails the pods explains. */
export const rolloutsAnalyzer = defineAnalyzer({
  id: 'rollouts',
  needs: ['Deployment', 'ReplicaSet'],
  codes: {
    ROLLOUT_STUCK: {
      row: 'rollout-stuck',
      means: 'A Deployment did not become what its spec says within its deadline.',
      decided:
        'Progressing is False with ProgressDeadlineExceeded, or nothing moved for ten minutes where there is no deadline. Folds under what ails its pods.',
      fixed: 'The cause in its pods; the revision before, while that still serves.',
    },
    ROLLOUT_PAUSED: {
      row: 'rollout-stuck',
      means: 'A paused Deployment holds a change back for over a day.',
      decided:
        'spec.paused, pods of an older template, and the pause is older than 24 h; or no pods at all for five minutes. Younger, or without a change: a note.',
      fixed: 'Resume, or undo the change.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('Deployment').flatMap(deployment => {
      if (isDeleting(deployment) || isUnobserved(deployment, deployment.status?.observedGeneration))
        return [];
      return deployment.spec.paused === true ? paused(deployment, snapshot) : stuck(deployment, snapshot);
    });
  },
});

type Code = 'ROLLOUT_STUCK' | 'ROLLOUT_PAUSED';

function stuck(deployment: Deployment, snapshot: Snapshot): Draft<Code>[] {
  const { status = {}, spec } = deployment;
  const progressing = conditionOf(status.conditions, 'Progressing');
  const wanted = spec.replicas ?? 1;
  const updated = status.updatedReplicas ?? 0;
  const available = status.availableReplicas ?? 0;
  const over = progressing?.status === 'False' && progressing.reason === 'ProgressDeadlineExceeded';
  const idleMs = sinceMs(snapshot, progressing?.lastUpdateTime) ?? 0;
  // A deadline of more than a day is how people say that there is none.
  const endless = (spec.progressDeadlineSeconds ?? 0) * 1_000 > forgottenMs;
  const stalls = endless && progressing?.reason !== 'NewReplicaSetAvailable' && idleMs >= stalledMs;
  // Once complete, the old verdict is only waiting for its controller.
  if (!(over || stalls) || (updated >= wanted && available >= wanted && (status.replicas ?? 0) <= wanted))
    return [];
  const ref = refOf(deployment);
  // Whatever is wrong with the new pods, those of the revision before serve.
  const fixes = wayBack(deployment, { snapshot, without: () => true });
  return [
    {
      code: 'ROLLOUT_STUCK',
      severity: harmTo({ object: deployment, wanted, ready: available }),
      object: ref,
      summary: `its rollout ran out of time: ${updated} of ${wanted} pods updated, ${available} available`,
      evidence: [
        quoteField('status.conditions Progressing', progressing?.message ?? progressing?.reason),
        quoteField('status.unavailableReplicas', status.unavailableReplicas),
      ],
      confidence: 'certain',
      fixes,
      ...(fixes.length > 0 ? {} : { question: 'What keeps its new pods from becoming available?' }),
      depth: 0,
    },
  ];
}

function paused(deployment: Deployment, snapshot: Snapshot): Draft<Code>[] {
  const { status = {}, spec, metadata } = deployment;
  const condition = conditionOf(status.conditions, 'Progressing');
  const said = condition?.reason === 'DeploymentPaused';
  const since = said ? (condition.lastTransitionTime ?? condition.lastUpdateTime) : undefined;
  const forMs = sinceMs(snapshot, since ?? metadata.creationTimestamp) ?? 0;
  const wanted = spec.replicas ?? 1;
  const updated = status.updatedReplicas ?? 0;
  const held = deployment.status !== undefined && updated < wanted && forMs >= forgottenMs;
  const unborn = deployment.status !== undefined && wanted > 0 && !status.replicas && forMs >= unbornMs;
  const ref = refOf(deployment);
  return [
    {
      code: 'ROLLOUT_PAUSED',
      severity: unborn ? 'critical' : held ? 'warning' : 'note',
      object: ref,
      summary: unborn
        ? `it is paused and runs none of its ${wanted} pods`
        : `it is paused, and ${wanted - updated} of ${wanted} pods wait for its newest template`,
      evidence: [quoteField('spec.paused', true), quoteField('status.updatedReplicas', updated)],
      confidence: said ? 'certain' : 'likely',
      fixes: [resumeFix(ref)],
      depth: 0,
    },
  ];
}
