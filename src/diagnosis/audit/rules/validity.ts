import type { JsonObject } from '../../../core/json.ts';
import { withDefaults } from '../../../kubernetes/defaults.ts';
import { misfitOf } from '../../../kubernetes/fit.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { hasSchema, kindInfo, schemaOf } from '../../../kubernetes/schema.ts';
import { validate } from '../../../kubernetes/validation/validate.ts';
import type { Rule } from '../rule.ts';
import { schemaFaults } from '../schema-faults.ts';
import { docs } from '../sources.ts';

/** What the server refuses, or drops without a word. */
export const validityRules: readonly Rule[] = [
  {
    id: 'schema',
    title: 'Unknown field or wrong type',
    severity: 'high',
    appliesTo: 'all',
    filesOnly: true,
    source: docs(
      'API concepts, field validation',
      'reference/using-api/api-concepts/#validation-for-unrecognized-or-duplicate-fields',
    ),
    why: 'A wrong type is refused; a misspelt field is dropped, and what it was to do does not happen.',
    check: object =>
      schemaFaults(object as JsonObject, schemaOf(object.apiVersion, object.kind)).map(fault => ({
        ...fault,
        question: 'Which field is meant, and of which type?',
      })),
  },
  {
    id: 'invalid',
    title: 'Refused by the server',
    severity: 'high',
    appliesTo: 'all',
    filesOnly: true,
    source: docs('API concepts', 'reference/using-api/api-concepts/'),
    why: 'The object is not accepted, and nothing of it is made.',
    check: object =>
      problemsOf(object).map(({ field, message }) => ({
        path: field,
        message,
        question: 'What is meant by it?',
      })),
  },
];

function problemsOf(object: KubeObject): { field: string; message: string }[] {
  const { apiVersion, kind } = object;
  if (!hasSchema(apiVersion, kind)) return [];
  const copy = structuredClone(object);
  // What has another type altogether is told by the rule above.
  const misfit = misfitOf(copy as JsonObject, { apiVersion, kind });
  if (misfit !== undefined)
    return schemaFaults(object as JsonObject, schemaOf(apiVersion, kind)).length > 0
      ? []
      : [{ field: misfit.replace(/^\./, ''), message: 'is missing' }];
  if (kindInfo(apiVersion, kind)?.namespaced === true) copy.metadata.namespace ??= 'default';
  return validate(withDefaults(copy));
}
