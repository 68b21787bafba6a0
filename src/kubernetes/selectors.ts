import type { JsonObject } from '../core/json.ts';

/** One requirement of a label selector. */
export interface LabelRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'GreaterThan' | 'LessThan';
  values: string[];
}

/** Parses the string form: `app=web,tier in (a, b),!old`. Throws INVALID_INPUT with the server's message. */
export function parseLabelSelector(text: string): LabelRequirement[] {
  void text;
  return [];
}

/** The requirements of a LabelSelector object ({matchLabels, matchExpressions}). */
export function requirementsOf(selector: JsonObject): LabelRequirement[] {
  void selector;
  return [];
}

export function matchesLabels(
  requirements: readonly LabelRequirement[],
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  void requirements;
  void labels;
  return true;
}

/** One term of a field selector. */
export interface FieldRequirement {
  field: string;
  op: '=' | '!=';
  value: string;
}

/** Parses `status.phase!=Running,spec.nodeName=n1`. Throws INVALID_INPUT with the server's message. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  void text;
  return [];
}
