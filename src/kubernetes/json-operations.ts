import { VigieError } from '../core/errors.ts';
import { isObject, type Json, type JsonObject, plainText } from '../core/json.ts';
import { invalidPatch } from './invalid-patch.ts';
import { applyJsonPatch } from './json-patch.ts';
import type { KubeObject } from './object.ts';

/*
 * A JSON patch (RFC 6902) is read against the object as it is and becomes a merge patch of the places that it names:
 * such a patch can be looked for afterwards and done twice, and positions in a list are those that were read.
 */

// A person must be able to read them; what changes more is a manifest.
const mostOperations = 100;

/** What a JSON patch comes to: a merge patch, and where in it the caller's own values stand (JSON pointers). */
export interface ResolvedOperations {
  patch: JsonObject;
  said: string[];
}

/**
 * Resolves `add`, `replace` and `remove` against an object. A `test` would answer guesses of a value that nobody is
 * shown, `move` and `copy` could bring one to where it is shown; uid and resourceVersion are tested anyway.
 * @throws VigieError INVALID_INPUT, also where a path is not there
 */
export function resolveOperations(live: KubeObject, operations: readonly Json[]): ResolvedOperations {
  if (operations.length > mostOperations)
    throw invalidPatch(`it has ${operations.length} operations; one call takes ${mostOperations}`);
  const read = operations.map(readOperation);
  const patched = patchedBy(live, operations);
  const patch: JsonObject = {};
  // Where items came or went, a position is no longer the one that was named.
  const moved = read.some(({ op, path }) => op !== 'replace' && /\/(?:\d+|-)(?:\/|$)/.test(path));
  const said: string[] = [];
  for (const { op, path } of read) {
    const tokens = path.slice(1).split('/').map(unescapeToken);
    const depth = depthOf(patched, tokens);
    setAt(patch, tokens.slice(0, depth), { live: live as JsonObject, patched });
    if (op !== 'remove') said.push(moved ? pointerTo(tokens.slice(0, depth)) : path);
  }
  return { patch, said: [...new Set(said)] };
}

function patchedBy(live: KubeObject, operations: readonly Json[]): JsonObject {
  try {
    // An object of a kind is JSON whatever its type says.
    return applyJsonPatch(live, [...operations]) as JsonObject;
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'REJECTED_BY_SERVER') throw error;
    const { index, path } = error.details;
    throw invalidPatch(`operation ${plainText(index)} does not fit the object: see ${plainText(path)}`);
  }
}

function readOperation(operation: Json, index: number): { op: string; path: string } {
  const { op, path } = isObject(operation) ? operation : {};
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    throw invalidPatch(`operation ${index}: only add, replace and remove are taken`);
  if (typeof path !== 'string' || !path.startsWith('/') || path.length < 2)
    throw invalidPatch(`operation ${index} needs a path such as /spec/replicas`);
  return { op, path };
}

/** How many tokens lead to the place as a merge patch can set it: a list is set as a whole. */
function depthOf(patched: JsonObject, tokens: readonly string[]): number {
  let value: Json | undefined = patched;
  for (const [index, token] of tokens.entries()) {
    if (!isObject(value)) return index;
    value = own(value, token);
    if (Array.isArray(value)) return index + 1;
  }
  return tokens.length;
}

/** Sets a place of the merge patch from the patched object. What is named is set even where it is so already. */
function setAt(
  patch: JsonObject,
  tokens: readonly string[],
  { live, patched }: { live: JsonObject; patched: JsonObject },
): void {
  let [place, was, is]: [JsonObject, Json | undefined, Json | undefined] = [patch, live, patched];
  for (const [index, token] of tokens.entries()) {
    was = own(was, token);
    is = own(is, token);
    const last = index === tokens.length - 1;
    const known: Json | undefined = own(place, token);
    const next: Json = last ? replacing(was, is) : isObject(known) ? known : {};
    Object.defineProperty(place, token, {
      value: next,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    if (last || !isObject(next)) return;
    place = next;
  }
}

/** The merge patch that leaves exactly the new value: members that it has no more are taken away. */
function replacing(was: Json | undefined, is: Json | undefined): Json {
  if (is === undefined) return null;
  if (!isObject(is)) return structuredClone(is);
  const gone = isObject(was) ? Object.keys(was).filter(key => own(is, key) === undefined) : [];
  return Object.fromEntries([
    ...gone.map((key): [string, Json] => [key, null]),
    ...Object.entries(is).map(([key, value]): [string, Json] => [key, replacing(own(was, key), value)]),
  ]);
}

function own(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function pointerTo(tokens: readonly string[]): string {
  return tokens.map(token => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
