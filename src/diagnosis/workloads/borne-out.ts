import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Refusal } from './creation-refusal.ts';

/** The account that pods of a template run as; the API server writes it where the template names none. */
export const defaultAccount = 'default';
/** Every cluster has these priority classes, whether anybody reads them or not. */
export const builtInClasses = new Set(['system-cluster-critical', 'system-node-critical']);

/**
 * A refusal as far as the objects bear it out. Events are anybody's who may write some: what one says is missing must be
 * what the template names, and be missing. undefined: it is over, since what was missing is there, or its quota is gone.
 */
export function borneOut(
  refusal: Refusal,
  { message, set, snapshot }: { message: string; set: PodSet; snapshot: Snapshot },
): Refusal | undefined {
  const { spec, namespace } = set;
  const other: Refusal = { by: 'other', detail: message };
  switch (refusal.by) {
    case 'account': {
      const name = accountOf(spec);
      if (refusal.account !== name) return other;
      return snapshot.get({ kind: 'ServiceAccount', name, namespace }) === undefined ? refusal : undefined;
    }
    case 'priority': {
      const { priorityClassName: name = '' } = spec;
      if (refusal.name !== name) return other;
      return snapshot.get({ kind: 'PriorityClass', name }) === undefined ? refusal : undefined;
    }
    case 'quota':
    case 'quota-needs':
      return snapshot.lacks({ kind: 'ResourceQuota', name: refusal.quota, namespace }) ? undefined : refusal;
    // What a template may be blamed for is judged by the template; the rest is quoted and nothing more.
    case 'limit-range':
    case 'pod-security':
    case 'webhook-down':
    case 'webhook':
    case 'policy':
    case 'other':
      return refusal;
  }
}

export function accountOf({ serviceAccountName = '' }: PodSet['spec']): string {
  return serviceAccountName === '' ? defaultAccount : serviceAccountName;
}
