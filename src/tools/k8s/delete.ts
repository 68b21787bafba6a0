import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { defineChangeTool, type ToolContext } from '../../toolkit/tool.ts';
import { deletionOf } from './planned-change.ts';
import { kindField, labelSelectorField, refField, toRef } from './schemas.ts';

const matching = z.strictObject({
  kind: kindField.describe('Kind.'),
  namespace: z.string().min(1).max(63).describe('Namespace.'),
  labelSelector: labelSelectorField.describe('As app=web.'),
});

/** Deletes one object, or the objects of one kind and namespace that a label selector matches. */
export const k8sDelete = defineChangeTool({
  name: 'k8s_delete',
  title: 'Delete objects',
  description: 'Delete an object or what a selector matches; the preview lists what goes along.',
  input: z.strictObject({
    target: refField.optional().describe('One object.'),
    matching: matching.optional().describe('Or several.'),
    gracePeriodSeconds: z.int().min(0).max(3_600).optional().describe('0 kills at once.'),
    propagation: z
      .enum(['Background', 'Foreground', 'Orphan'])
      .default('Background')
      .describe('Of what it owns.'),
  }),

  async plan({ target, matching, gracePeriodSeconds, propagation }, { kube }) {
    const how = { propagation, gracePeriodSeconds };
    if (target !== undefined && matching === undefined)
      return [deletionOf(await kube.get(toRef(target)), how)];
    if (target === undefined && matching !== undefined) {
      const objects = await matchingObjects(kube, matching);
      return objects.map(object => deletionOf(object, how));
    }
    throw new VigieError('INVALID_INPUT', 'Give either target (one object) or matching (a label selector)', {
      details: { issues: [{ field: 'target', message: 'exactly one of target and matching is needed' }] },
    });
  },
});

async function matchingObjects(
  kube: ToolContext['kube'],
  query: z.output<typeof matching>,
): Promise<KubeObject[]> {
  const page = await kube.list({ ...query, limit: limits.changesPerPlan });
  if (page.continue === undefined) return page.items;
  throw new VigieError(
    'INVALID_INPUT',
    `matching: more than ${limits.changesPerPlan} objects of ${query.kind} in ${query.namespace} match ${query.labelSelector}`,
    {
      hint: 'Narrow the selector: a person must be able to read the list of what goes.',
      details: { issues: [{ field: 'matching.labelSelector', message: 'matches too many objects' }] },
    },
  );
}
