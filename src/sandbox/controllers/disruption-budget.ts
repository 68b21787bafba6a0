import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { PodDisruptionBudget } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { ClusterView, Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { timestampAt } from './naming.ts';
import { isDeleting, statusOf } from './owners.ts';
import { isActive, isReady } from './pod-readiness.ts';

/** Counts how many pods of each budget may be evicted now. */
export const disruptionBudgetController = eachObject('PodDisruptionBudget', {
  name: 'disruption-budget',
  watches: ['Pod'],
  concerned: (pod, view) => budgetsOf(view, pod),
  reconcile(budget, { view, nowMs }) {
    if (isDeleting(budget)) return { operations: [] };
    const covered = ofKind(view.list('Pod', budget.metadata.namespace), 'Pod').filter(
      pod => isActive(pod) && covers(budget, pod),
    );
    return { operations: status(budget, { covered, nowMs }) };
  },
});

function budgetsOf(view: ClusterView, pod: KubeObject): PodDisruptionBudget[] {
  return ofKind(view.list('PodDisruptionBudget', pod.metadata.namespace), 'PodDisruptionBudget').filter(
    budget => covers(budget, pod),
  );
}

function covers({ spec }: PodDisruptionBudget, pod: KubeObject): boolean {
  return matchesLabels(requirementsOf(spec.selector ?? {}), pod.metadata.labels);
}

function status(
  budget: PodDisruptionBudget,
  { covered, nowMs }: { covered: readonly Pod[]; nowMs: number },
): Operation[] {
  const { minAvailable, maxUnavailable } = budget.spec;
  const expectedPods = covered.length;
  const desiredHealthy =
    minAvailable === undefined
      ? Math.max(0, expectedPods - share(maxUnavailable ?? 0, expectedPods))
      : share(minAvailable, expectedPods);
  const currentHealthy = covered.filter(isReady).length;
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const before = budget.status?.conditions?.[0];
  const allowed = disruptionsAllowed > 0 ? 'True' : 'False';
  const since = before?.status === allowed ? before.lastTransitionTime : undefined;
  const { generation } = budget.metadata;
  return statusOf(budget, {
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: allowed,
        reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        lastTransitionTime: since ?? timestampAt(nowMs),
        observedGeneration: generation,
      },
    ],
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  });
}

/** Percentages of a budget are rounded up, for both of its fields. */
function share(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) * of) / 100);
}
