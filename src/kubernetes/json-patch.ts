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
    fault = applyPatch(target, [asTaken(target, operation)])[0] ?? null;
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
  const names = path.split('/').slice(1).map(unescapePointer);
  const last = names.pop();
  let parent: unknown = target;
  for (const name of names)
    parent = isObject(parent) ? parent[name] : Array.isArray(parent) ? parent[Number(name)] : undefined;
  if (last === undefined || !isObject(parent) || Object.hasOwn(parent, last)) return operation;
  return { op: 'add', path, value: operation.value ?? null };
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
