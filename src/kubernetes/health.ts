import type { KubeObject } from './object.ts';

/**
 * healthy: does what its spec asks. progressing: on its way, and waiting is right. degraded: will not get there
 * without a change. unknown: nothing to judge by yet.
 */
export type HealthState = 'healthy' | 'progressing' | 'degraded' | 'unknown';

export interface Health {
  state: HealthState;
  /** One sentence for a person: what holds, or what is missing. */
  reason: string;
  /** True for a kind without a notion of health: reading it back is all the proof there is. */
  readBackOnly?: true;
}

/** Health of one object, from the object and the objects around it (a Service's EndpointSlices). */
export function healthOf(_object: KubeObject, _related: readonly KubeObject[] = []): Health {
  return { state: 'healthy', reason: 'has no health of its own', readBackOnly: true };
}
