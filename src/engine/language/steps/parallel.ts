import * as z from 'zod';
import type { ParallelStep } from '../../../core/playbook.ts';
import { caps } from '../caps.ts';
import { stepFields, stepId, strict } from './fields.ts';
import type { Verb } from './kit.ts';

/** Does several things at once. */
export const parallelVerb: Verb = {
  key: 'parallel',
  schema: ({ steps }) =>
    strict({
      ...stepFields,
      parallel: strict({
        branches: z
          .array(strict({ id: stepId, steps }))
          .min(2, 'needs two branches')
          .max(caps.branches, `has more than ${caps.branches} branches`),
        mode: z.enum(['all', 'settled']).prefault('all').describe('settled: a failure ends no other branch.'),
      }),
    }).transform((step): ParallelStep => ({ verb: 'parallel', ...step })),
};
