import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { selectorText } from '../../kubernetes/selectors.ts';

/** Kinds whose objects commonly have an owner and therefore go with it. */
const ownedKinds = [
  'ReplicaSet',
  'Pod',
  'Job',
  'EndpointSlice',
  'ControllerRevision',
  'PersistentVolumeClaim',
];
const namespacedKinds = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
  'Pod',
  'Service',
  'Ingress',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
];
// A person reads these lines before deciding; past this the count says enough.
const shownPerKind = 10;

/** The pods a workload selects, for its health; empty for kinds that select none. */
export async function podsOf(object: KubeObject, reader: KubeReader): Promise<KubeObject[]> {
  const selector = object.spec?.['selector'];
  const { namespace } = object.metadata;
  const labelSelector = isObject(selector) ? selectorText(selector) : '';
  if (labelSelector === '' || namespace === undefined) return [];
  try {
    const page = await reader.list({ kind: 'Pod', namespace, labelSelector, limit: limits.listPage });
    return page.items;
  } catch (error) {
    // Whoever may change a workload but not see its pods still has what the workload says of itself.
    if (error instanceof VigieError && error.code === 'FORBIDDEN') return [];
    throw error;
  }
}

/** What the garbage collector or a namespace takes along when this object is deleted, a line per object or per crowd. */
export async function goesWith(
  object: KubeObject,
  reader: KubeReader,
): Promise<{ target: Ref; what: string }[]> {
  if (object.kind === 'Namespace') return contentOf(object, reader);
  const { namespace, uid } = object.metadata;
  if (namespace === undefined || uid === undefined) return [];
  const candidates = (await Promise.all(ownedKinds.map(kind => readAll(reader, { kind, namespace })))).flat();
  const going = new Set([uid]);
  const found: KubeObject[] = [];
  for (let grew = true; grew; ) {
    grew = false;
    for (const candidate of candidates) {
      const own = candidate.metadata.uid ?? '';
      if (going.has(own) || candidate.metadata.ownerReferences?.some(owner => going.has(owner.uid)) !== true)
        continue;
      going.add(own);
      found.push(candidate);
      grew = true;
    }
  }
  return folded(found, 'deleted with its owner');
}

async function contentOf(
  namespace: KubeObject,
  reader: KubeReader,
): Promise<{ target: Ref; what: string }[]> {
  const { name } = namespace.metadata;
  const all = (
    await Promise.all(namespacedKinds.map(kind => readAll(reader, { kind, namespace: name })))
  ).flat();
  return folded(all, 'deleted with its namespace');
}

async function readAll(
  reader: KubeReader,
  query: { kind: string; namespace: string },
): Promise<KubeObject[]> {
  try {
    const objects: KubeObject[] = [];
    for await (const page of reader.listAll(query)) objects.push(...page);
    return objects;
  } catch (error) {
    // A kind that may not be read, or that this server lacks, takes nothing from what can be said of the others.
    if (error instanceof VigieError && (error.code === 'FORBIDDEN' || error.code === 'UNKNOWN_KIND'))
      return [];
    throw error;
  }
}

function folded(objects: readonly KubeObject[], what: string): { target: Ref; what: string }[] {
  const kinds = [...new Set(objects.map(object => object.kind))];
  return kinds.flatMap(kind => {
    const same = objects.filter(object => object.kind === kind);
    const shown = same.slice(0, shownPerKind).map(object => ({ target: refOf(object), what }));
    const last = shown.at(-1);
    if (same.length > shownPerKind && last !== undefined)
      last.what = `${what}; and ${same.length - shownPerKind} more of kind ${describeRef({ kind, name: '*' })}`;
    return shown;
  });
}
