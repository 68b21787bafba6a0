import type { JsonObject } from '../core/json.ts';

/** A strategic patch that sets something at a path (`spec.template.spec`) of an object. */
export function patchAt(path: string, what: JsonObject): JsonObject {
  return path.split('.').reduceRight<JsonObject>((inner, name) => ({ [name]: inner }), what);
}
