import { applyPatch, type Operation } from 'rfc6902';
import { VigieError } from '../core/errors.ts';
import { isObject, type Json } from '../core/json.ts';
import { trusted } from '../core/trusted-text.ts';
import type { KubeObject } from './object.ts';

// The server's own limit: a patch of more operations is refused before it is read.
const maxOperations = 10_000;

const operationNames = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

/**
 * The object after an RFC 6902 patch; the input stays as it is.
 * INVALID_INPUT: the patch is no list of operations. REJECTED_BY_SERVER: it does not fit the object (a path that is
 * not there, a test that fails); details: index and path of the operation.
 */
export function applyJsonPatch(live: KubeObject, operations: Json): KubeObject {
  const patch = readOperations(operations);
  const target = structuredClone(live);
  let fault: Error | null = null;
  const index = patch.findIndex(operation => {
    const taken = asTaken(target, operation);
    fault = isThere(target, taken) ? (applyPatch(target, [taken])[0] ?? null) : new Error('it leads nowhere');
    return fault !== null;
  });
  if (index < 0) return target;
  const { op, path } = patch[index] ?? { op: '', path: '' };
  throw new VigieError(
    'REJECTED_BY_SERVER',
    'the server rejected our request due to an error in our request',
    {
      hint: trusted`Operation ${index} (${op} ${path}) does not fit the object: ${messageOf(fault)}`,
      details: { index, path },
    },
  );
}

function messageOf(fault: Error | null): string {
  return fault?.message ?? '';
}

/** The server's own reading: a member that is not there may be replaced and is then added; a value left out is null. */
function asTaken(target: KubeObject, operation: Operation): Operation {
  const { op, path } = operation;
  if (op === 'add') return { ...operation, value: operation.value ?? null };
  if (op !== 'replace') return operation;
  const { parent, last } = placeOf(target, path);
  if (last === undefined || !isObject(parent) || Object.hasOwn(parent, last)) return operation;
  return { op: 'add', path, value: operation.value ?? null };
}

// The package steps over these names on its way, so that an operation would meet another place than it names.
const steppedOver = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Whether the places of an operation are members of objects and items of lists. The package also walks into texts, whose
 * length an answer would then tell, and to what every object of JavaScript inherits.
 */
function isThere(target: KubeObject, operation: Operation): boolean {
  const { op, path } = operation;
  const isNew = op === 'add' || op === 'move' || op === 'copy';
  if (!isPlace(target, { path, isNew, isRead: op === 'test' })) return false;
  if (op !== 'move' && op !== 'copy') return true;
  const { from } = operation;
  // What is moved into itself has no place any more.
  if (op === 'move' && path.startsWith(`${from}/`)) return false;
  return isPlace(target, { path: from, isNew: false, isRead: true });
}

function isPlace(
  target: KubeObject,
  { path, isNew, isRead }: { path: string; isNew: boolean; isRead: boolean },
): boolean {
  if (path !== '' && !path.startsWith('/')) return false;
  const { parent, last } = placeOf(target, path);
  if (last === undefined) return true;
  if (Array.isArray(parent)) {
    if (last === '-') return isNew;
    return /^(?:0|[1-9]\d{0,8})$/.test(last) && Number(last) < parent.length + (isNew ? 1 : 0);
  }
  if (!isObject(parent) || last === '__proto__' || (isRead && steppedOver.has(last))) return false;
  return isNew || Object.hasOwn(parent, last);
}

/** Where a pointer leads: the object or list, undefined where there is none, and the name in it. */
function placeOf(target: KubeObject, path: string): { parent: unknown; last: string | undefined } {
  const names = path.split('/').slice(1).map(unescapePointer);
  const last = names.pop();
  let parent: unknown = target;
  for (const name of names) {
    if (steppedOver.has(name)) return { parent: undefined, last };
    if (Array.isArray(parent)) parent = /^\d+$/.test(name) ? parent[Number(name)] : undefined;
    else parent = isObject(parent) && Object.hasOwn(parent, name) ? parent[name] : undefined;
  }
  return { parent, last };
}

function unescapePointer(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

function readOperations(operations: Json): Operation[] {
  if (!Array.isArray(operations)) throw badPatch('a JSON patch is a list of operations');
  if (operations.length > maxOperations) {
    throw badPatch(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  return operations.map((operation, index) => {
    if (!isObject(operation)) throw badPatch(`operation ${index} is no object`);
    const { op, path, from } = operation;
    if (typeof op !== 'string' || !operationNames.has(op))
      throw badPatch(`operation ${index} has no known op`);
    if (typeof path !== 'string') throw badPatch(`operation ${index} has no path`);
    if ((op === 'move' || op === 'copy') && typeof from !== 'string')
      throw badPatch(`operation ${index} has no from`);
    // The JSON border: op, path and from are checked above, value may be any JSON.
    return operation as unknown as Operation;
  });
}

function badPatch(message: string): VigieError {
  return new VigieError('INVALID_INPUT', message);
}
