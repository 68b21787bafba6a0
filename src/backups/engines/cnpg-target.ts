import type { ClusterObjects } from '../../clients/kube/cluster-objects.ts';
import { VigieError } from '../../core/errors.ts';
import type { EngineJob } from '../engine.ts';

/** A Cluster that is to be made from a copy, or was. */
export interface CnpgTarget {
  objects: ClusterObjects;
  name: string;
  set: string;
  /** Whose tables are looked for; undefined: those of none. */
  database: string | undefined;
  labels?: Record<string, string>;
  annotations: Record<string, string>;
}

/** @throws VigieError NOT_CONFIGURED where the environment has no cluster */
export function clusterObjects({ objects }: Pick<EngineJob, 'objects'>): ClusterObjects {
  if (objects !== undefined) return objects;
  throw new VigieError('NOT_CONFIGURED', 'The engine cnpg acts on objects of a cluster, and there is none.', {
    hint: 'Give the environment a cluster: kube in vigie.yaml.',
  });
}
