import * as z from 'zod';
import type { ForeachStep } from '../../../core/playbook.ts';
import { caps } from '../caps.ts';
import { actionFields, count, json, stepFields, strict, variableName } from './fields.ts';
import type { Verb } from './kit.ts';

const foreach = strict({
  in: z
    .union([z.string(), z.array(json)], { error: 'must be a list, or an expression that comes to one' })
    .describe('A list, or ${{ one }}.'),
  as: variableName.describe('The variable that holds the item.'),
  parallel: count(1, caps.parallel).prefault(1),
  maxFailures: count(0, 10_000).prefault(0),
});

/** Does something with each item of a list: one call, or several steps. */
export const foreachVerb: Verb = {
  key: 'foreach',
  schema: ({ steps, oneOf }) =>
    oneOf<ForeachStep>([
      {
        key: 'steps',
        schema: strict({ ...stepFields, foreach, steps }).transform(({ steps, ...step }) => ({
          verb: 'foreach',
          ...step,
          each: { steps },
        })),
      },
      {
        key: 'tool',
        schema: strict({ ...stepFields, foreach, ...actionFields }).transform(
          ({ tool, with: args, retry, verify, undo, ...step }) => ({
            verb: 'foreach',
            ...step,
            each: {
              action: {
                tool,
                with: args,
                ...(retry === undefined ? {} : { retry }),
                ...(verify === undefined ? {} : { verify }),
                ...(undo === undefined ? {} : { undo }),
              },
            },
          }),
        ),
      },
    ]),
};
