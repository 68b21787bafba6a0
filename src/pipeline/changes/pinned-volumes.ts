import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import type { Node } from '../../kubernetes/kinds/cluster.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { PersistentVolume } from '../../kubernetes/kinds/storage.ts';
import { type KnownKind, type ObjectOf, ofKind } from '../../kubernetes/kinds.ts';
import { claimNames } from '../../kubernetes/scheduling/claims.ts';
import { fitsSelector } from '../../kubernetes/scheduling/node-terms.ts';

/**
 * Of pods that leave a node, those that can start nowhere else, since a volume of theirs can be reached from this node
 * alone. undefined: these credentials may not read volumes or nodes.
 */
export async function pinnedTo(
  node: string,
  { leaving, reader }: { leaving: readonly Pod[]; reader: KubeReader },
): Promise<Pod[] | undefined> {
  const claiming = leaving.filter(pod => claimNames(pod).length > 0);
  if (claiming.length === 0) return [];
  const [volumes, nodes] = await Promise.all([
    allIfReadable(reader, { kind: 'PersistentVolume', apiVersion: 'v1' }),
    allIfReadable(reader, { kind: 'Node', apiVersion: 'v1' }),
  ]);
  if (volumes === undefined || nodes === undefined) return undefined;
  const pinned = new Set(volumes.filter(volume => isOnlyOn(node, { volume, nodes })).map(claimOf));
  return claiming.filter(pod =>
    claimNames(pod).some(name => pinned.has(`${pod.metadata.namespace ?? ''}/${name}`)),
  );
}

function isOnlyOn(
  name: string,
  { volume, nodes }: { volume: PersistentVolume; nodes: readonly Node[] },
): boolean {
  const required = volume.spec.nodeAffinity?.required;
  if (required === undefined) return false;
  const reached = nodes.filter(node => fitsSelector(required, node));
  return reached.length === 1 && reached[0]?.metadata.name === name;
}

function claimOf({ spec: { claimRef } }: PersistentVolume): string {
  return `${claimRef?.namespace ?? ''}/${claimRef?.name ?? ''}`;
}

/** All objects of a kind: none where the server has no such kind, undefined where they may not be read. */
export async function allIfReadable<K extends KnownKind>(
  reader: KubeReader,
  query: { kind: K; apiVersion: string },
): Promise<ObjectOf<K>[] | undefined> {
  const objects: ObjectOf<K>[] = [];
  try {
    for await (const page of reader.listAll(query)) objects.push(...ofKind(page, query.kind));
    return objects;
  } catch (error) {
    if (error instanceof VigieError && error.code === 'UNKNOWN_KIND') return [];
    if (error instanceof VigieError && error.code === 'FORBIDDEN') return undefined;
    throw error;
  }
}
