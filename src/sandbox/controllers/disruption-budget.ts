import { budgetCounts, coversPod } from '../../kubernetes/disruption-budget.ts';
import { transitionTime } from '../../kubernetes/kinds/condition.ts';
import type { PodDisruptionBudget } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { controllerUid, isDeleting } from '../../kubernetes/owners.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import type { Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { eventsFrom } from './events.ts';
import { observed, statusOf } from './owners.ts';

const { tell } = eventsFrom('controllermanager');

/** Counts how many pods of each budget may be evicted now. */
export const disruptionBudgetController = eachObject('PodDisruptionBudget', {
  name: 'disruption-budget',
  watches: ['Pod'],
  concerned: (pod, view) =>
    ofKind(view.list('PodDisruptionBudget', pod.metadata.namespace), 'PodDisruptionBudget').filter(budget =>
      coversPod(budget, pod),
    ),
  reconcile(budget, { view, nowMs }) {
    if (isDeleting(budget)) return { operations: [] };
    const covered = ofKind(view.list('Pod', budget.metadata.namespace), 'Pod').filter(pod =>
      coversPod(budget, pod),
    );
    const counts = budgetCounts(budget, {
      covered,
      ownerOf: object => view.withUid(controllerUid(object) ?? ''),
    });
    const shown = status(budget, { counts, nowMs });
    if (covered.length > 0 || shown.length === 0) return { operations: shown };
    const told = tell(budget, { reason: 'NoPods', message: 'No matching pods found' });
    return { operations: [told, ...shown] };
  },
});

function status(
  budget: PodDisruptionBudget,
  { counts, nowMs }: { counts: ReturnType<typeof budgetCounts>; nowMs: number },
): Operation[] {
  const allowed = counts.disruptionsAllowed > 0;
  const verdict = { type: 'DisruptionAllowed', status: allowed ? 'True' : 'False' };
  const condition = {
    ...verdict,
    reason: allowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    lastTransitionTime: transitionTime(budget.status?.conditions, { ...verdict, time: timestampAt(nowMs) }),
    observedGeneration: budget.metadata.generation,
  };
  return statusOf(budget, { conditions: [condition], ...counts, ...observed(budget) });
}
