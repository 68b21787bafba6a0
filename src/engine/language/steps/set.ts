import * as z from 'zod';
import type { SetStep } from '../../../core/playbook.ts';
import { json, stepFields, strict, variableName } from './fields.ts';
import type { Verb } from './kit.ts';

const set = z
  .record(variableName, json)
  .refine(names => Object.keys(names).length > 0, 'names nothing')
  .describe('steps.ID.output.NAME from here on.');

/** Gives names to values. */
export const setVerb: Verb = {
  key: 'set',
  schema: () => strict({ ...stepFields, set }).transform((step): SetStep => ({ verb: 'set', ...step })),
};
