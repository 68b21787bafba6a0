import { isObject, type Json, type JsonObject } from '../../core/json.ts';

// The server draws the last letters of this volume's name anew at each request, a dry run or not.
const tokenVolume = /^(kube-api-access-)[a-z0-9]{5}$/;

/** A pod in which the volume with its account's token has one name, whichever the server drew. */
export function withoutDrawnNames(pod: JsonObject): JsonObject {
  const { spec } = pod;
  if (pod['kind'] !== 'Pod' || !isObject(spec)) return pod;
  const fixed: JsonObject = { ...spec, ...renamedIn(spec, 'volumes') };
  for (const field of ['containers', 'initContainers', 'ephemeralContainers']) {
    const list = spec[field];
    if (!Array.isArray(list)) continue;
    fixed[field] = list.map(each =>
      isObject(each) ? { ...each, ...renamedIn(each, 'volumeMounts') } : each,
    );
  }
  return { ...pod, spec: fixed };
}

function renamedIn(holder: JsonObject, field: string): JsonObject {
  const list = holder[field];
  return Array.isArray(list) ? { [field]: list.map(renamed) } : {};
}

function renamed(item: Json): Json {
  if (!isObject(item) || typeof item['name'] !== 'string') return item;
  return { ...item, name: item['name'].replace(tokenVolume, '$1xxxxx') };
}
