import * as z from 'zod';
import type { WaitStep } from '../../../core/playbook.ts';
import { checkFields, duration, stepFields, strict } from './fields.ts';
import type { Verb } from './kit.ts';

/** Waits: for a while, until a moment, or until a read answers what it should. */
export const waitVerb: Verb = {
  key: 'wait',
  schema: ({ oneOf }) =>
    strict({
      ...stepFields,
      wait: oneOf<WaitStep['wait']>([
        { key: 'tool', schema: strict(checkFields) },
        {
          key: 'at',
          schema: strict({ at: z.string().min(1).describe('ISO 8601 with its zone, or ${{ one }}.') }),
        },
        { key: 'for', schema: strict({ for: duration('30d') }) },
      ]),
    }).transform((step): WaitStep => ({ verb: 'wait', ...step })),
};
