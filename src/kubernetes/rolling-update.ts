import type { Deployment, ReplicaSet } from './kinds/workloads.ts';
import { shareOf } from './share.ts';

/** What one step changes: the new size of some of the replica sets. */
export interface Resize {
  set: ReplicaSet;
  replicas: number;
}

/** How far a rollout may leave the wanted count, upwards and downwards. */
export interface Leeway {
  surge: number;
  unavailable: number;
}

/** Percentages count of the wanted replicas, surge rounded up, unavailable down; both zero would never move. */
export function leewayOf(deployment: Deployment): Leeway {
  const { strategy } = deployment.spec;
  const replicas = deployment.spec.replicas ?? 1;
  if (strategy?.type === 'Recreate') return { surge: 0, unavailable: replicas };
  const surge = shareOf(strategy?.rollingUpdate?.maxSurge ?? '25%', { of: replicas, round: Math.ceil });
  const unavailable = shareOf(strategy?.rollingUpdate?.maxUnavailable ?? '25%', {
    of: replicas,
    round: Math.floor,
  });
  return surge === 0 && unavailable === 0
    ? { surge, unavailable: 1 }
    : { surge, unavailable: Math.min(unavailable, replicas) };
}

export function sizeOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

function availableOf(set: ReplicaSet): number {
  return set.status?.availableReplicas ?? 0;
}

/** The size the newest set may have now: as large as wanted, but with no more pods in all than the surge allows. */
export function newSize(
  deployment: Deployment,
  { current, others }: { current: number; others: readonly ReplicaSet[] },
): number {
  const wanted = deployment.spec.replicas ?? 1;
  if (current >= wanted) return wanted;
  const room = wanted + leewayOf(deployment).surge - current - total(others.map(sizeOf));
  return current + Math.max(0, Math.min(room, wanted - current));
}

/**
 * How the older sets shrink now, oldest first: pods that serve nothing go at once, then as many available ones as
 * the leeway lets be missing. A pod of the newest set that is not available yet counts as missing.
 */
export function shrinkOld(
  deployment: Deployment,
  { newest, old }: { newest: ReplicaSet; old: readonly ReplicaSet[] },
): Resize[] {
  const least = (deployment.spec.replicas ?? 1) - leewayOf(deployment).unavailable;
  const newUnavailable = Math.max(0, sizeOf(newest) - availableOf(newest));
  let budget = total([newest, ...old].map(sizeOf)) - least - newUnavailable;
  if (budget <= 0) return [];

  const sizes = new Map(old.map(set => [set, sizeOf(set)]));
  for (const set of old) {
    const useless = Math.min(budget, Math.max(0, sizeOf(set) - availableOf(set)));
    sizes.set(set, sizeOf(set) - useless);
    budget -= useless;
  }
  let spare = Math.min(budget, total([newest, ...old].map(availableOf)) - least);
  for (const set of old) {
    const size = sizes.get(set) ?? 0;
    const step = Math.min(Math.max(0, spare), size);
    sizes.set(set, size - step);
    spare -= step;
  }
  return [...sizes]
    .filter(([set, size]) => size !== sizeOf(set))
    .map(([set, replicas]) => ({ set, replicas }));
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
