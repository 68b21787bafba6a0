import * as z from 'zod';
import type { K8sApply } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { appliesOf } from './applies.ts';
import { namespaceField } from './schemas.ts';

/** Creates or updates the objects of a manifest by server-side apply, in the order they need each other. */
export const k8sApply = defineChangeTool({
  name: 'k8s_apply',
  title: 'Apply a manifest',
  description:
    'Create or update objects from YAML or JSON, server-side. Fields others own are a conflict unless force.',
  input: z.strictObject({
    manifest: z.string().min(1).max(limits.manifestBytes).describe('One or more documents, or a List.'),
    namespace: namespaceField.describe('For documents that name none.'),
    force: z.boolean().default(false).describe('Take fields over from other managers; only if asked to.'),
    secretData: z
      .record(z.string(), z.string())
      .optional()
      .describe('Fill Secret data by alias of vigie.yaml: {"SECRET/KEY": "ALIAS"}.'),
  }),
  idempotent: true,

  async plan({ manifest, namespace, force, secretData }, context) {
    const changes = await appliesOf({ manifest, namespace, force }, context);
    if (secretData !== undefined) fillByAlias(changes, secretData);
    return changes;
  },
});

/** Hands each `SECRET/KEY` to the Secret of the manifest that it names; the alias is resolved when it is written. */
function fillByAlias(changes: readonly K8sApply[], secretData: Record<string, string>): void {
  for (const [place, alias] of Object.entries(secretData)) {
    const [name, key] = place.split('/', 2);
    const secret = changes.find(({ target }) => target.kind === 'Secret' && target.name === name);
    if (secret === undefined || key === undefined || key === '') {
      throw new VigieError(
        'INVALID_INPUT',
        `secretData names ${JSON.stringify(place.slice(0, 128))}, which is no SECRET/KEY of this manifest`,
        {
          hint: 'The Secret itself stands in the manifest, without that key.',
          details: { issues: [{ field: 'secretData', message: 'no such Secret in the manifest' }] },
        },
      );
    }
    secret.secretData = { ...secret.secretData, [key]: alias };
  }
}
