import type { KubeObject } from './object.ts';

/** The paths of fields that the object's kind does not have, as the server's warning names them: `spec.containers[0].imagee`. */
export function unknownFields(object: KubeObject): string[] {
  void object;
  return [];
}

/** The server's words for the first field whose JSON type is wrong; undefined when all fit. */
export function typeMismatch(object: KubeObject): string | undefined {
  void object;
  return undefined;
}
