import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { apiVersionOf, type Resource } from '../resource.ts';

/** What events.k8s.io/v1 calls the fields of a core/v1 event. */
const eventFields: readonly (readonly [core: string, renamed: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];
const renamed = new Map(eventFields);
const original = new Map(eventFields.map(([core, name]) => [name, core]));

// The same object must give the same converted one, so that its text is cached too.
const converted = new WeakMap<KubeObject, KubeObject>();

/** A stored object in the version that a resource serves. */
export function servedForm(resource: Resource, stored: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(resource);
  if (stored.apiVersion === apiVersion) return stored;
  const known = converted.get(stored);
  if (known?.apiVersion === apiVersion) return known;
  const served =
    resource.group === 'events.k8s.io'
      ? rename(stored, { names: renamed, apiVersion })
      : { ...stored, apiVersion };
  converted.set(stored, served);
  return served;
}

/** What a caller sent, in the version that is stored: events as core/v1, custom objects as they came. */
export function storedForm(resource: Resource, object: KubeObject): KubeObject {
  if (resource.group !== 'events.k8s.io') return object;
  return rename(object, { names: original, apiVersion: 'v1' });
}

function rename(
  object: KubeObject,
  { names, apiVersion }: { names: ReadonlyMap<string, string>; apiVersion: string },
): KubeObject {
  const { apiVersion: _version, kind, metadata, ...fields } = object;
  const result: Record<string, Json | undefined> = {};
  for (const [field, value] of Object.entries(fields)) {
    // Everything beside metadata is plain JSON.
    result[names.get(field) ?? field] = value as Json | undefined;
  }
  return { apiVersion, kind, metadata, ...result };
}
