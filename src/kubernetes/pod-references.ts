import { isObject, type Json, type JsonObject } from '../core/json.ts';

/** An object of the same namespace that a pod cannot start without, unless it is optional. */
export interface PodReference {
  kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim';
  name: string;
  optional: boolean;
}

// Where a pod spec names others: the member that holds the name, and of which kind it is.
const places: Readonly<Record<string, { kind: PodReference['kind']; name: string }>> = {
  configMap: { kind: 'ConfigMap', name: 'name' },
  configMapRef: { kind: 'ConfigMap', name: 'name' },
  configMapKeyRef: { kind: 'ConfigMap', name: 'name' },
  secretRef: { kind: 'Secret', name: 'name' },
  secretKeyRef: { kind: 'Secret', name: 'name' },
  persistentVolumeClaim: { kind: 'PersistentVolumeClaim', name: 'claimName' },
};

// What every pod mounts for its service account: made by the cluster, and of no interest.
const accountVolume = /^kube-api-access-/;

/** The ConfigMaps, Secrets and claims that the containers and volumes of a pod name, each once, sorted. */
export function podReferences(spec: object): PodReference[] {
  const found = new Map<string, PodReference>();
  for (const each of referencesIn(isObject(spec) ? spec : {})) {
    const key = `${each.kind}/${each.name}`;
    const optional = each.optional && found.get(key)?.optional !== false;
    found.set(key, { ...each, optional });
  }
  return [...found].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, each]) => each);
}

function referencesIn(value: Json | undefined): PodReference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value) || (typeof value['name'] === 'string' && accountVolume.test(value['name']))) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    // A list of names alone: the wrapper tells what they are.
    if (key === 'imagePullSecrets' && Array.isArray(item))
      return item.flatMap(each => referencesIn({ secret: each }));
    if (!isObject(item)) return referencesIn(item);
    const named = namedBy(key, item);
    return named === undefined ? referencesIn(item) : [named];
  });
}

function namedBy(key: string, item: JsonObject): PodReference | undefined {
  const place = key === 'secret' ? secretPlace(item) : Object.hasOwn(places, key) ? places[key] : undefined;
  const name = place === undefined ? undefined : item[place.name];
  if (place === undefined || typeof name !== 'string' || name === '') return undefined;
  return { kind: place.kind, name, optional: item['optional'] === true };
}

/** A volume says secretName, a projection name. */
function secretPlace(item: JsonObject): { kind: 'Secret'; name: string } {
  return { kind: 'Secret', name: 'secretName' in item ? 'secretName' : 'name' };
}
