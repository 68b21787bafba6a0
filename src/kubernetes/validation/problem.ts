import { canonicalJson, isObject, type Json, type JsonObject, memberOf } from '../../core/json.ts';

/** One broken rule, as the API server puts it in the causes of a 422. */
export interface FieldProblem {
  /** `spec.containers[0].image` */
  field: string;
  reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound';
  /** Without the field: `Invalid value: -1: must be greater than or equal to 0`. */
  message: string;
  value?: Json;
}

/** Rules of one kind; `old` is the stored object of an update. */
export type Rules = (object: JsonObject, old: JsonObject | undefined) => FieldProblem[];

export function required(field: string, detail?: string): FieldProblem {
  return {
    field,
    reason: 'FieldValueRequired',
    message: detail === undefined ? 'Required value' : `Required value: ${detail}`,
  };
}

/** value: undefined is printed as an empty string, as the server does for what it cannot print. */
export function invalid(
  field: string,
  { value, detail }: { value: Json | undefined; detail: string },
): FieldProblem {
  const shown = value ?? '';
  return {
    field,
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${value === null ? 'null' : print(shown)}: ${detail}`,
    value: shown,
  };
}

export function notSupported(
  field: string,
  { value, supported }: { value: Json; supported: readonly string[] },
): FieldProblem {
  const list = supported.map(item => JSON.stringify(item)).join(', ');
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${print(value)}: supported values: ${list}`,
    value,
  };
}

export function forbidden(field: string, detail: string): FieldProblem {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${detail}` };
}

export function duplicate(field: string, value: Json): FieldProblem {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${print(value)}`, value };
}

export function notFound(field: string, value: Json): FieldProblem {
  return { field, reason: 'FieldValueNotFound', message: `Not found: ${print(value)}`, value };
}

/** One problem for each fault of a form. */
export function invalidForm(
  field: string,
  { value, faults }: { value: string; faults: readonly string[] },
): FieldProblem[] {
  return faults.map(detail => invalid(field, { value, detail }));
}

export function atLeast(
  field: string,
  { value, least }: { value: Json | undefined; least: number },
): FieldProblem[] {
  if (typeof value !== 'number' || value >= least) return [];
  return [invalid(field, { value, detail: `must be greater than or equal to ${least}` })];
}

export function between(
  field: string,
  { value, low, high }: { value: Json | undefined; low: number; high: number },
): FieldProblem[] {
  if (typeof value !== 'number' || (value >= low && value <= high)) return [];
  return [invalid(field, { value, detail: `must be between ${low} and ${high}, inclusive` })];
}

const maxPort = 65_535;

export function portNumber(field: string, value: Json | undefined): FieldProblem[] {
  return between(field, { value, low: 1, high: maxPort });
}

/** Unset is fine: whether the field is required is another rule. */
export function oneOf(
  field: string,
  { value, supported }: { value: Json | undefined; supported: readonly string[] },
): FieldProblem[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string' && supported.includes(value)) return [];
  return [notSupported(field, { value, supported })];
}

/** The field may not change once it is set. Unset to set counts as a change. */
export function immutable(
  field: string,
  {
    value,
    old,
    detail = 'field is immutable',
  }: { value: Json | undefined; old: Json | undefined; detail?: string },
): FieldProblem[] {
  return isSame(value, old) ? [] : [invalid(field, { value: value ?? null, detail })];
}

export function isSame(left: Json | undefined, right: Json | undefined): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

/** A member that is an object; empty when it is absent. */
export function objectOf(parent: JsonObject | undefined, name: string): JsonObject {
  return memberOf(parent, name) ?? {};
}

/** A member that is a list of objects; empty when it is absent. */
export function listOf(parent: JsonObject, name: string): JsonObject[] {
  const value = parent[name];
  return Array.isArray(value) ? value.map(item => (isObject(item) ? item : {})) : [];
}

// Longer values say no more to a reader, and a message holds several.
const maxPrinted = 2000;

function print(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > maxPrinted ? `${text.slice(0, maxPrinted)}…` : text;
}
