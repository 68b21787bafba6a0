import { transitionTime } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { PodDisruptionBudget } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerUid, isDeleting } from '../../kubernetes/owners.ts';
import { isReady } from '../../kubernetes/pod-readiness.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import { shareOf } from '../../kubernetes/share.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import type { ClusterView, Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { eventsFrom } from './events.ts';
import { statusOf } from './owners.ts';

const { tell } = eventsFrom('controllermanager');

/** Counts how many pods of each budget may be evicted now. */
export const disruptionBudgetController = eachObject('PodDisruptionBudget', {
  name: 'disruption-budget',
  watches: ['Pod'],
  concerned: (pod, view) => budgetsOf(view, pod),
  reconcile(budget, { view, nowMs }) {
    if (isDeleting(budget)) return { operations: [] };
    const covered = ofKind(view.list('Pod', budget.metadata.namespace), 'Pod').filter(pod =>
      covers(budget, pod),
    );
    const shown = status(budget, { covered, expectedPods: expected(budget, { covered, view }), nowMs });
    if (covered.length > 0 || shown.length === 0) return { operations: shown };
    const told = tell(budget, { reason: 'NoPods', message: 'No matching pods found' });
    return { operations: [told, ...shown] };
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
  { covered, expectedPods, nowMs }: { covered: readonly Pod[]; expectedPods: number; nowMs: number },
): Operation[] {
  const { minAvailable, maxUnavailable } = budget.spec;
  // Rounded up for both of the fields.
  const share = (value: number | string) => shareOf(value, { of: expectedPods, round: Math.ceil });
  const desiredHealthy =
    minAvailable === undefined ? Math.max(0, expectedPods - share(maxUnavailable ?? 0)) : share(minAvailable);
  const currentHealthy = covered.filter(pod => isReady(pod) && !isDeleting(pod)).length;
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const verdict = { type: 'DisruptionAllowed', status: disruptionsAllowed > 0 ? 'True' : 'False' };
  const time = timestampAt(nowMs);
  const { generation } = budget.metadata;
  return statusOf(budget, {
    conditions: [
      {
        ...verdict,
        reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        lastTransitionTime: transitionTime(budget.status?.conditions, { ...verdict, time }),
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

/**
 * How many pods there should be: as many as there are where a number of them has to stay; else as many as their
 * controllers want, so that pods without one count for nothing.
 */
function expected(
  { spec: { minAvailable } }: PodDisruptionBudget,
  { covered, view }: { covered: readonly Pod[]; view: ClusterView },
): number {
  if (typeof minAvailable === 'number') return covered.length;
  const sizes = new Map<string | undefined, number>();
  for (const pod of covered) {
    const owner = view.withUid(controllerUid(pod) ?? '');
    const root = owner === undefined ? undefined : (view.withUid(controllerUid(owner) ?? '') ?? owner);
    const replicas = root?.spec?.['replicas'];
    if (root !== undefined && typeof replicas === 'number') sizes.set(root.metadata.uid, replicas);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
