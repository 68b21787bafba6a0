import { isObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { Cluster } from '../cluster.ts';
import type { Resource } from '../resource.ts';
import type { User } from '../user.ts';

/** One write on its way into the cluster. */
export interface Admission {
  cluster: Cluster;
  resource: Resource;
  object: KubeObject;
  /** What the object replaces; absent: it is made. */
  live?: KubeObject | undefined;
  /** Who asks; absent: a controller of the cluster. */
  user?: User | undefined;
  /** Takes a sentence for a Warning header. */
  warn: (text: string) => void;
}

/**
 * One rule of admission. Both functions see every write of a request or a controller, tried or meant, but for writes of a
 * status; they refuse by throwing what the server would answer.
 */
export interface AdmissionPlugin {
  /** Completes the object, before it is checked against the rules of its kind. */
  complete?(admission: Admission): KubeObject;
  /** Judges the valid object. Returns what to note once it is stored. */
  check?(admission: Admission): (() => void) | undefined;
}

/** The spec of a pod that is being made; undefined for everything else. */
export function newPodSpec({ resource, object, live }: Admission): JsonObject | undefined {
  return resource.kind === 'Pod' && resource.group === '' && live === undefined && isObject(object.spec)
    ? object.spec
    : undefined;
}
