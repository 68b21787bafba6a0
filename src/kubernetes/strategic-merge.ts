import type { JsonObject } from '../core/json.ts';
import type { KubeObject } from './object.ts';

export function strategicMerge(input: { live: KubeObject; patch: JsonObject }): KubeObject {
  return { ...input.live, ...input.patch } as KubeObject;
}
