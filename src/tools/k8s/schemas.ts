import * as z from 'zod';
import { limits } from '../../core/limits.ts';
import type { Ref } from '../../core/ref.ts';

// The longest name the API server takes; a selector may name a few of them.
const nameChars = 253;
const selectorChars = 1_000;

/** Names one object. Its descriptions are short because nearly every tool repeats them. */
export const refField = z.strictObject({
  kind: z.string().min(1).max(nameChars).describe('Or short name.'),
  name: z.string().min(1).max(nameChars).describe('Name.'),
  namespace: z.string().max(63).optional().describe('Namespace.'),
  apiVersion: z.string().max(nameChars).optional().describe('If ambiguous.'),
});

export const kindField = z.string().min(1).max(nameChars);
export const namespaceField = z.string().min(1).max(63).optional();
export const labelSelectorField = z.string().min(1).max(selectorChars);

/** Where to go on in a list that did not fit. */
export const cursorField = z
  .string()
  .max(limits.lineChars * 2)
  .optional();

/** A parsed ref without the members that were left out, as a Ref wants it. */
export function toRef(input: z.output<typeof refField>): Ref {
  const { kind, name, namespace, apiVersion } = input;
  return {
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
  };
}
