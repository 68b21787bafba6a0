import type { PodTemplate } from './kinds/pod.ts';
import type { KubeObject } from './object.ts';

/** On a deployment and its replica sets: the number of a template. */
export const revisionKey = 'deployment.kubernetes.io/revision';
/** Set by the controller to tell its replica sets apart; no part of the template that somebody wrote. */
export const hashLabel = 'pod-template-hash';

/** 0: it has none yet. */
export function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.[revisionKey] ?? 0);
}

/** The template of a replica set as it stood in its deployment. */
export function writtenTemplate(template: PodTemplate): PodTemplate {
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
