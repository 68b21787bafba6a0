import * as z from 'zod';
import type { ApprovalStep } from '../../../core/playbook.ts';
import { count, duration, group, stepFields, stepId, strict } from './fields.ts';
import type { Verb } from './kit.ts';

const approval = strict({
  for: z.array(stepId).min(1, 'names no step').max(50).describe('Ids of later steps.'),
  from: z.array(group).max(20).prefault([]).describe('Groups; none: whoever may approve the changes.'),
  min: count(1, 10).prefault(1).describe('People who must agree.'),
  expires: duration('30d').prefault('24h'),
  onTimeout: z.enum(['reject', 'skip']).prefault('reject'),
});

/** Waits until people agree to what later steps plan. */
export const approvalVerb: Verb = {
  key: 'approval',
  schema: () =>
    strict({ ...stepFields, approval }).transform((step): ApprovalStep => ({ verb: 'approval', ...step })),
};
