import type { KubeObject } from '../../kubernetes/object.ts';
import { servedIn, storedFrom } from '../../kubernetes/served-versions.ts';
import { apiVersionOf, type Resource } from '../resource.ts';

// The same object must give the same converted one, so that its text is cached too.
const converted = new WeakMap<KubeObject, KubeObject>();

/** A stored object in the version that a resource serves. */
export function servedForm(resource: Resource, stored: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(resource);
  if (stored.apiVersion === apiVersion) return stored;
  const known = converted.get(stored);
  if (known?.apiVersion === apiVersion) return known;
  const served = servedIn(apiVersion, stored);
  converted.set(stored, served);
  return served;
}

/** What a caller sent, in the version that is stored; custom objects as they came. */
export function storedForm(resource: Resource, object: KubeObject): KubeObject {
  return resource.custom ? object : storedFrom(object);
}
