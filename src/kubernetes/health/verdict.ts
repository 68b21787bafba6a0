import { isKind, type KnownKind, type ObjectOf } from '../kinds.ts';
import type { KubeObject } from '../object.ts';

/**
 * healthy: does what its spec asks. progressing: on its way, and waiting is right. degraded: will not get there
 * without a change. unknown: nothing to judge by yet.
 */
type HealthState = 'healthy' | 'progressing' | 'degraded' | 'unknown';

export interface Health {
  state: HealthState;
  /** One sentence for a person: what holds, or what is missing. */
  reason: string;
  /** True for a kind without a notion of health: reading it back is all the proof there is. */
  readBackOnly?: true;
}

/** How one kind is judged. */
export interface Judge {
  kind: string;
  judge(object: KubeObject, related: readonly KubeObject[]): Health;
}

/** A judge of one kind, called with objects of that kind only. */
export function defineJudge<K extends KnownKind>(
  kind: K,
  judge: (object: ObjectOf<K>, related: readonly KubeObject[]) => Health,
): Judge {
  return {
    kind,
    judge: (object, related) =>
      isKind(object, kind) ? judge(object, related) : unknown(`is no ${kind} of the built-in group`),
  };
}

export function healthy(reason: string): Health {
  return { state: 'healthy', reason };
}

export function progressing(reason: string): Health {
  return { state: 'progressing', reason };
}

export function degraded(reason: string): Health {
  return { state: 'degraded', reason };
}

export function unknown(reason: string): Health {
  return { state: 'unknown', reason };
}

/** True while the controller has not yet looked at the newest spec: its status speaks of an older one. */
export function isUnobserved(object: KubeObject, observedGeneration: number | undefined): boolean {
  const { generation } = object.metadata;
  return generation !== undefined && (observedGeneration ?? 0) < generation;
}

export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
