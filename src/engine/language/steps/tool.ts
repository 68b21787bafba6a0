import type { ToolStep } from '../../../core/playbook.ts';
import { actionFields, stepFields, strict } from './fields.ts';
import type { Verb } from './kit.ts';

/** Calls a tool. */
export const toolVerb: Verb = {
  key: 'tool',
  schema: () =>
    strict({ ...stepFields, ...actionFields }).transform((step): ToolStep => ({ verb: 'tool', ...step })),
};
