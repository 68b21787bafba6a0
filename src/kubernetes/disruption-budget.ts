import { isObject } from '../core/json.ts';
import type { Pod } from './kinds/pod.ts';
import type { PodDisruptionBudget } from './kinds/workloads.ts';
import type { KubeObject } from './object.ts';
import { isDeleting } from './owners.ts';
import { isReady, isServing } from './pod-readiness.ts';
import { matchesLabels, requirementsOf } from './selectors.ts';
import { shareOf } from './share.ts';

/** Whether a pod is one of those that a budget is about; one without a selector is about none. */
export function coversPod({ metadata, spec }: PodDisruptionBudget, pod: KubeObject): boolean {
  const { selector } = spec;
  if (!isObject(selector) || metadata.namespace !== pod.metadata.namespace) return false;
  return matchesLabels(requirementsOf(selector), pod.metadata.labels);
}

/** What a budget counts of its pods. ownerOf: what an object belongs to, undefined for nothing. */
export function budgetCounts(
  budget: PodDisruptionBudget,
  { covered, ownerOf }: { covered: readonly Pod[]; ownerOf: (object: KubeObject) => KubeObject | undefined },
): { currentHealthy: number; desiredHealthy: number; disruptionsAllowed: number; expectedPods: number } {
  const { minAvailable, maxUnavailable } = budget.spec;
  const expectedPods =
    typeof minAvailable === 'number' ? covered.length : wantedByControllers(covered, ownerOf);
  // Rounded up for both of the fields.
  const share = (value: number | string) => shareOf(value, { of: expectedPods, round: Math.ceil });
  const desiredHealthy =
    minAvailable === undefined ? Math.max(0, expectedPods - share(maxUnavailable ?? 0)) : share(minAvailable);
  const currentHealthy = covered.filter(isServing).length;
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  return { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods };
}

/** As many pods as the controllers of these want, so that pods without one count for nothing. */
function wantedByControllers(
  covered: readonly Pod[],
  ownerOf: (object: KubeObject) => KubeObject | undefined,
): number {
  const sizes = new Map<string | undefined, number>();
  for (const pod of covered) {
    const owner = ownerOf(pod);
    const root = owner === undefined ? undefined : (ownerOf(owner) ?? owner);
    const replicas = root?.spec?.['replicas'];
    if (root !== undefined && typeof replicas === 'number') sizes.set(root.metadata.uid, replicas);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** What the eviction of a pod takes of its budget: nothing, one disruption, or, where it may not be, why. */
export function tollOf({ metadata, spec, status = {} }: PodDisruptionBudget, pod: Pod): Toll {
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, observedGeneration = 0 } = status;
  // A pod that has not started, has ended or is going anyway is nobody's loss.
  if (pod.status?.phase !== 'Running' || isDeleting(pod)) return 'nothing';
  const enough = desiredHealthy > 0 && currentHealthy >= desiredHealthy;
  // One that does not run well uses nothing up: always, or while the others are as many as there have to be.
  if (!isReady(pod) && (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || enough)) return 'nothing';
  const budget = `The disruption budget ${metadata.name}`;
  if (observedGeneration < (metadata.generation ?? 0))
    return { refused: `${budget} is still being processed by the server.` };
  if (disruptionsAllowed > 0) return 'one';
  return {
    refused:
      currentHealthy > desiredHealthy
        ? `${budget} does not allow evicting pods currently`
        : `${budget} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
  };
}

export type Toll = 'nothing' | 'one' | { refused: string };
