import { isKind, type KnownKind, type ObjectOf } from '../../../kubernetes/kinds.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import type { Look } from './look.ts';

/** What there is to tell about an object beside its own status. */
export interface Described {
  lines: string[];
  /** What its health is judged with: the pods of a workload, the slices of a service. */
  related: readonly KubeObject[];
}

/** How objects of some kinds are described. */
export interface Describer {
  kinds: readonly KnownKind[];
  describe(object: KubeObject, look: Look): Promise<Described>;
}

/** A describer that is called with objects of its kinds only. */
export function defineDescriber<K extends KnownKind>(
  kinds: readonly K[],
  describe: (object: ObjectOf<K>, look: Look) => Promise<Described>,
): Describer {
  return {
    kinds,
    async describe(object, look) {
      const kind = kinds.find(each => isKind(object, each));
      return kind !== undefined && isKind(object, kind) ? describe(object, look) : { lines: [], related: [] };
    },
  };
}
