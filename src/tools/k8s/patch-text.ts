import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { parseDocuments } from '../../core/strict-yaml.ts';
import { invalidPatch } from '../../kubernetes/invalid-patch.ts';

/** Kept by the server, or a precondition that is set by us alone. */
const serverFields = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
];

/** The one document of a merge or strategic patch. @throws VigieError INVALID_INPUT, INVALID_MANIFEST */
export async function readPatch(text: string): Promise<JsonObject> {
  const [first, ...others] = await parseDocuments(text);
  if (first === undefined || others.length > 0) throw invalidPatch('it is exactly one document');
  return first.document;
}

/** The operations of a JSON patch. @throws VigieError INVALID_INPUT, INVALID_MANIFEST */
export async function readOperations(text: string): Promise<Json[]> {
  if (!text.trimStart().startsWith('[')) throw invalidPatch('of type json it is a list: [{"op": …}]');
  const [parsed] = await parseDocuments(`{"operations": ${text}\n}`);
  const operations = parsed?.document['operations'];
  if (!Array.isArray(operations)) throw invalidPatch('of type json it is a list: [{"op": …}]');
  return operations;
}

/** What no patch may touch. @throws VigieError INVALID_INPUT */
export function refuseServerFields(patch: JsonObject): void {
  const metadata = isObject(patch['metadata']) ? patch['metadata'] : {};
  const field = serverFields.find(name => Object.hasOwn(metadata, name));
  if (field !== undefined) throw invalidPatch(`metadata.${field} is the server's own`);
  if (metadata['$patch'] !== undefined || patch['metadata'] === null)
    throw invalidPatch('metadata cannot be taken away');
  if (Object.hasOwn(patch, 'status'))
    throw invalidPatch('status is what controllers report: it cannot be set');
}
