import type { KubeObject } from './object.ts';

/** A field of the applied object that another manager owns with another value. */
export interface ApplyConflict {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  subresource?: string;
  /** `.spec.template.spec.containers[name="c"].image` */
  field: string;
}

export type ApplyResult = { object: KubeObject } | { conflicts: ApplyConflict[] } | { typeError: string };

export interface ApplyInput {
  live: KubeObject | undefined;
  applied: KubeObject;
  manager: string;
  force: boolean;
  /** RFC 3339, whole seconds. */
  time: string;
  subresource?: string;
}

export function applyServerSide(input: ApplyInput): ApplyResult {
  return { object: input.applied };
}

export interface TrackInput {
  before: KubeObject | undefined;
  after: KubeObject;
  manager: string;
  time: string;
  subresource?: string;
}

export function trackUpdate(input: TrackInput): KubeObject {
  return input.after;
}
