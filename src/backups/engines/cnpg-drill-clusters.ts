import { type ClusterObjects, setLabel } from '../../clients/kube/cluster-objects.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isGone, thisHolder } from '../holder.ts';
import { untilFound } from '../until-found.ts';
import { claimKind, clusterKind, clusterLabel } from './cnpg-recovery.ts';

// A Cluster that a drill makes must be gone afterwards, also when Vigie was killed. What it has on it says whose drill it
// is of, and when that is surely over: the next drill removes it, and doctor tells of it.

/** The id of the copy that a Cluster of a drill was made for. */
export const drillLabel = 'vigie.dev/drill';
const holderAnnotation = 'vigie.dev/holder';
const untilAnnotation = 'vigie.dev/until';
/** Past the end of its time a drill still takes away what it made. */
const graceMs = 3_600_000;
/** Volumes are let go when the last pod is gone. */
const removalMs = 10 * 60_000;
const saidChars = 400;

/** Says whose a Cluster of a drill is, and when it is surely nobody's. */
export function drillMarks(deadlineMs: number): Record<string, string> {
  return {
    [holderAnnotation]: thisHolder(),
    [untilAnnotation]: new Date(Date.now() + deadlineMs + graceMs).toISOString(),
  };
}

/** Clusters of this set's drills, with those whose drill is over. */
export async function drillClusters(
  objects: ClusterObjects,
  set: string,
): Promise<{ cluster: KubeObject; left: boolean }[]> {
  const found = await objects.list(clusterKind, { [setLabel]: set });
  return found
    .filter(({ metadata }) => metadata.labels?.[drillLabel] !== undefined)
    .map(cluster => {
      const { annotations = {} } = cluster.metadata;
      const until = Date.parse(annotations[untilAnnotation] ?? '');
      return { cluster, left: !(Date.now() < until) || isGone(annotations[holderAnnotation] ?? '') };
    });
}

/** Deletes a Cluster with all that it owns, and waits until its volumes are gone. Says what is left; never throws. */
export async function removeCluster(
  objects: ClusterObjects,
  cluster: KubeObject,
): Promise<string | undefined> {
  const { name, uid } = cluster.metadata;
  const signal = AbortSignal.timeout(removalMs);
  // Whoever stopped the call does not stop what takes away its traces.
  const lasting = objects.until(signal);
  const left = `Cluster/${name} is left in ${objects.namespace}`;
  try {
    await lasting.remove(cluster);
    return await untilFound<{ left?: string }>(
      async () => {
        const found = await lasting.find({ ...clusterKind, name });
        if (found?.metadata.uid === uid) return undefined;
        const claims = await lasting.list(claimKind, { [clusterLabel]: name });
        return claims.length === 0 ? {} : undefined;
      },
      {
        signal,
        untilMs: Date.now() + removalMs,
        late: () => new VigieError('TIMEOUT', 'it, or a volume of it, is still being deleted'),
      },
    ).then(() => undefined);
  } catch (error) {
    if (error instanceof VigieError && error.code === 'NOT_FOUND') return undefined;
    return `${left}: ${cleanLine(error instanceof Error ? error.message : '', saidChars)}`;
  }
}
