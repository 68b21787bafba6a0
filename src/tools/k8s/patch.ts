import * as z from 'zod';
import type { K8sPatch } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import { invalidPatch } from '../../kubernetes/invalid-patch.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { readOperations, readPatch, refuseServerFields } from './patch-text.ts';
import { patchOf } from './planned-change.ts';
import { refField, toRef } from './schemas.ts';

// Larger ones are manifests; a whole ConfigMap fits.
const patchChars = 1024 * 1024;

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
    return [await patchFrom(current, { text: patch, type: type ?? (await defaultType(current)) })];
  },
});

/** Of a custom resource the server knows no keys of lists. */
async function defaultType({ apiVersion, kind }: KubeObject): Promise<'strategic' | 'merge'> {
  const { hasSchema } = await import('../../kubernetes/schema.ts');
  return hasSchema(apiVersion, kind) ? 'strategic' : 'merge';
}

async function patchFrom(
  current: KubeObject,
  { text, type }: { text: string; type: z.output<typeof typeField> },
): Promise<K8sPatch> {
  if (type === 'json') {
    const { resolveOperations } = await import('../../kubernetes/json-operations.ts');
    const resolved = resolveOperations(current, await readOperations(text));
    refuseServerFields(resolved.patch);
    return patchOf(current, resolved);
  }
  const patch = await readPatch(text);
  refuseServerFields(patch);
  if (type === 'merge') return patchOf(current, { patch, said: [''] });
  if ((await defaultType(current)) !== 'strategic')
    throw new VigieError('INVALID_INPUT', `type: ${describeRef(refOf(current))} takes no strategic patch`, {
      hint: 'Only kinds that are built into Kubernetes do: use type merge or json.',
      details: { issues: [{ field: 'type', message: 'not for a custom kind' }] },
    });
  if (Object.keys(patch).some(key => key.startsWith('$')))
    throw invalidPatch('a directive at its top would replace the whole object');
  return patchOf(current, { patch, type, said: [''] });
}
