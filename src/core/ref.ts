/** Names one object: the one shape used in every tool. No namespace means cluster-scoped or the environment's only one; no apiVersion means the kind's preferred one. */
export interface Ref {
  kind: string;
  name: string;
  namespace?: string;
  apiVersion?: string;
}

/** A ref as people write and read it: `Deployment/web in shop`. */
export function describeRef(ref: Ref): string {
  return `${ref.kind}/${ref.name}${ref.namespace === undefined ? '' : ` in ${ref.namespace}`}`;
}
