import * as z from 'zod';
import type { K8sPatch } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import { parseDocuments } from '../../core/strict-yaml.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { hasSchema } from '../../kubernetes/schema.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { invalidPatch, resolveOperations } from './json-operations.ts';
import { patchOf } from './planned-change.ts';
import { refField, toRef } from './schemas.ts';

// Larger ones are manifests; a whole ConfigMap fits.
const patchChars = 1024 * 1024;

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

const typeField = z.enum(['strategic', 'merge', 'json']);

/** Changes single fields of one object that exists. */
export const k8sPatch = defineChangeTool({
  name: 'k8s_patch',
  title: 'Patch an object',
  description: 'Change fields of one object. k8s_set is simpler for images, env, labels.',
  input: z.strictObject({
    target: refField.describe('Object.'),
    patch: z.string().min(2).max(patchChars).describe('YAML or JSON.'),
    type: typeField
      .optional()
      .describe('json: add, replace, remove. Default strategic; custom kinds: merge.'),
  }),

  async plan({ target, patch, type }, { kube }) {
    const current = await kube.get(toRef(target));
    return [await patchFrom(current, { text: patch, type: type ?? defaultType(current) })];
  },
});

/** Of a custom resource the server knows no keys of lists. */
function defaultType({ apiVersion, kind }: KubeObject): 'strategic' | 'merge' {
  return hasSchema(apiVersion, kind) ? 'strategic' : 'merge';
}

async function patchFrom(
  current: KubeObject,
  { text, type }: { text: string; type: z.output<typeof typeField> },
): Promise<K8sPatch> {
  if (type === 'json') {
    const resolved = resolveOperations(current, await readOperations(text));
    refuseServerFields(resolved.patch);
    return patchOf(current, resolved);
  }
  const patch = await readPatch(text);
  refuseServerFields(patch);
  if (type === 'merge') return patchOf(current, { patch, said: [''] });
  if (defaultType(current) !== 'strategic')
    throw new VigieError('INVALID_INPUT', `type: ${describeRef(refOf(current))} takes no strategic patch`, {
      hint: 'Only kinds that are built into Kubernetes do: use type merge or json.',
      details: { issues: [{ field: 'type', message: 'not for a custom kind' }] },
    });
  if (Object.keys(patch).some(key => key.startsWith('$')))
    throw invalidPatch('a directive at its top would replace the whole object');
  return patchOf(current, { patch, type, said: [''] });
}

async function readPatch(text: string): Promise<JsonObject> {
  const [first, ...others] = await parseDocuments(text);
  if (first === undefined || others.length > 0) throw invalidPatch('it is exactly one document');
  return first.document;
}

async function readOperations(text: string) {
  if (!text.trimStart().startsWith('[')) throw invalidPatch('of type json it is a list: [{"op": …}]');
  const [parsed] = await parseDocuments(`{"operations": ${text}\n}`);
  const operations = parsed?.document['operations'];
  if (!Array.isArray(operations)) throw invalidPatch('of type json it is a list: [{"op": …}]');
  return operations;
}

function refuseServerFields(patch: JsonObject): void {
  const metadata = isObject(patch['metadata']) ? patch['metadata'] : {};
  const field = serverFields.find(name => Object.hasOwn(metadata, name));
  if (field !== undefined) throw invalidPatch(`metadata.${field} is the server's own`);
  if (patch['metadata'] === null) throw invalidPatch('metadata cannot be taken away');
  if (Object.hasOwn(patch, 'status'))
    throw invalidPatch('status is what controllers report: it cannot be set');
}
