import type { Json, JsonObject } from '../core/json.ts';

/** A place in an object (`spec.containers[0].env`) as a JSON pointer. Its words are those of the API: none has a `/` or a `~`. */
export function pointerOf(at: string): string {
  return `/${at.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}

/** The operation of a JSON patch that puts another value at a place. */
export function replaceAt(at: string, value: Json): JsonObject {
  return { op: 'replace', path: pointerOf(at), value };
}
