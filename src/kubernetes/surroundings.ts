import { isObject } from '../core/json.ts';
import { backendsOf } from './ingress-backends.ts';
import { isKind, type ObjectOf } from './kinds.ts';
import type { KubeObject } from './object.ts';
import { controllerUid } from './owners.ts';
import { selectorText } from './selectors.ts';

// An Ingress of more is looked at in part, which is said.
const mostBackends = 10;

/** A kind that is read around others. */
export type NeighbourKind = 'Pod' | 'ReplicaSet' | 'EndpointSlice' | 'Service' | 'StorageClass';

const versions: Readonly<Record<NeighbourKind, string>> = {
  Pod: 'v1',
  ReplicaSet: 'apps/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Service: 'v1',
  StorageClass: 'storage.k8s.io/v1',
};

/** What is to be read around an object: the one of a name, or all that labels select. */
interface Neighbour {
  kind: NeighbourKind;
  apiVersion: string;
  namespace?: string;
  by: { name: string } | { labelSelector: string };
}

/** All that is to be read around an object before its health is judged. */
export interface Surroundings {
  neighbours: Neighbour[];
  /** How many further services an Ingress names. */
  left: number;
}

/** The objects that tell of an object's health: pods and replica sets, endpoints, backends, the class of a claim. */
export function surroundingsOf(object: KubeObject): Surroundings {
  const { namespace, name } = object.metadata;
  if (namespace === undefined) return { neighbours: [], left: 0 };
  const near = (kind: NeighbourKind, by: Neighbour['by']): Neighbour => ({
    kind,
    apiVersion: versions[kind],
    namespace,
    by,
  });
  const slicesOf = (service: string) =>
    near('EndpointSlice', { labelSelector: `kubernetes.io/service-name=${service}` });
  if (isKind(object, 'Service')) return { neighbours: [slicesOf(name)], left: 0 };
  if (isKind(object, 'Ingress')) {
    const names = [...new Set(backendsOf(object).map(({ service }) => service))];
    const read = names.slice(0, mostBackends);
    return {
      neighbours: read.flatMap(service => [near('Service', { name: service }), slicesOf(service)]),
      left: names.length - read.length,
    };
  }
  if (isKind(object, 'PersistentVolumeClaim')) return { neighbours: classOf(object), left: 0 };
  const selector = object.spec?.['selector'];
  const labelSelector = isObject(selector) ? selectorText(selector) : '';
  if (labelSelector === '' || !makesPods(object)) return { neighbours: [], left: 0 };
  const pods = near('Pod', { labelSelector });
  // The sets after their pods: whatever a pod then names as its owner is among them.
  const sets = isKind(object, 'Deployment') ? [near('ReplicaSet', { labelSelector })] : [];
  return { neighbours: [pods, ...sets], left: 0 };
}

/** Why a claim waits, its class alone tells; one that is bound waits for nothing. */
function classOf({ spec, status }: ObjectOf<'PersistentVolumeClaim'>): Neighbour[] {
  const { storageClassName: name } = spec;
  if (name === undefined || name === '' || status?.phase !== 'Pending') return [];
  return [{ kind: 'StorageClass', apiVersion: versions.StorageClass, by: { name } }];
}

function makesPods(object: KubeObject): boolean {
  return (['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'] as const).some(kind =>
    isKind(object, kind),
  );
}

/**
 * What of all that was found is judged: others' pods may carry the same labels and are not. A Service or an Ingress
 * stands among it where nothing stayed unseen: that there is nothing behind it was then seen, and not only not looked for.
 */
export function tellingOf(
  object: KubeObject,
  { found, unseen }: { found: readonly KubeObject[]; unseen: ReadonlySet<NeighbourKind> },
): KubeObject[] {
  if (isKind(object, 'Service') || isKind(object, 'Ingress'))
    return unseen.size > 0 ? [...found] : [...found, object];
  if (!makesPods(object)) return [...found];
  const { uid } = object.metadata;
  const sets = found.filter(each => isKind(each, 'ReplicaSet') && controllerUid(each) === uid);
  const owners = new Set([uid, ...sets.map(({ metadata }) => metadata.uid)]);
  // A Deployment's pods are known by its replica sets alone.
  const own = (each: KubeObject) => unseen.has('ReplicaSet') || owners.has(controllerUid(each));
  return [...found.filter(each => isKind(each, 'Pod') && own(each)), ...sets];
}
