import { isKind, type KnownKind, type ObjectOf } from '../../../kubernetes/kinds.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import type { Around, Look } from './look.ts';

/** How objects of some kinds are described: what there is to tell about them beside their own status, in lines. */
export interface Describer {
  kinds: readonly KnownKind[];
  describe(object: KubeObject, at: Place): Promise<string[]>;
}

/** Where an object stands, and what was read around it to judge its health. */
export interface Place {
  look: Look;
  around: Around;
}

/** A describer that is called with objects of its kinds only. */
export function defineDescriber<K extends KnownKind>(
  kinds: readonly K[],
  describe: (object: ObjectOf<K>, at: Place) => Promise<string[]>,
): Describer {
  return {
    kinds,
    async describe(object, at) {
      const kind = kinds.find(each => isKind(object, each));
      return kind !== undefined && isKind(object, kind) ? describe(object, at) : [];
    },
  };
}
