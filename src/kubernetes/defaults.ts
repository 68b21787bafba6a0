import type { KubeObject } from './object.ts';

/** The object with the values that the API server fills in for fields left out. */
export function withDefaults(object: KubeObject): KubeObject {
  return object;
}
