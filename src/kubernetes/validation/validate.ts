import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';

/** One broken rule, as the API server puts it in the causes of a 422. */
export interface FieldProblem {
  field: string;
  reason: 'FieldValueRequired' | 'FieldValueInvalid' | 'FieldValueNotSupported' | 'FieldValueForbidden';
  /** Without the field: `Invalid value: -1: must be greater than or equal to 0`. */
  message: string;
  value?: Json;
}

/** The rules the object breaks; with `old`, also those of a change from it (immutable fields). */
export function validate(object: KubeObject, old?: KubeObject): FieldProblem[] {
  void object;
  void old;
  return [];
}
