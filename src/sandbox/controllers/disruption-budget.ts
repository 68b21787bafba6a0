import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { PodDisruptionBudget } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { Controller, Operation } from './controller.ts';
import { timestampAt } from './naming.ts';
import { isDeleting, statusOf } from './owners.ts';
import { isActive, isReady } from './pod-readiness.ts';

/** Counts how many pods of each budget may be evicted now. Expected pods are those there are. */
export const disruptionBudgetController: Controller = {
  name: 'disruption-budget',
  watches: ['PodDisruptionBudget', 'Pod'],
  reconcile(view, nowMs) {
    const pods = ofKind(view.list('Pod'), 'Pod');
    const operations: Operation[] = [];
    for (const budget of ofKind(view.list('PodDisruptionBudget'), 'PodDisruptionBudget')) {
      if (isDeleting(budget)) continue;
      const { namespace } = budget.metadata;
      const requirements = requirementsOf(budget.spec.selector ?? {});
      const covered = pods.filter(
        pod =>
          pod.metadata.namespace === namespace &&
          isActive(pod) &&
          matchesLabels(requirements, pod.metadata.labels),
      );
      operations.push(...status(budget, { covered, nowMs }));
    }
    return { operations };
  },
};

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
