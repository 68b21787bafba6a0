import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { distanceWithin } from '../../core/nearest.ts';
import { definitionOf, type FieldSchema, memberSchema } from '../../kubernetes/schema.ts';

export interface SchemaFault {
  path: string;
  message: string;
}

// A text that is something else altogether would have one for each of its members.
const mostFaults = 50;
const mostSlips = 2;
// No field of the API is longer.
const longestName = 64;

/** Fields that a schema does not know, and values of another type than it has; every one, with its path. */
export function schemaFaults(value: Json, schema: FieldSchema, path = ''): SchemaFault[] {
  const found: SchemaFault[] = [];
  collect({ value, schema, path }, found);
  return found;
}

function collect(at: { value: Json; schema: FieldSchema; path: string }, found: SchemaFault[]): void {
  const { value, schema, path } = at;
  if (value === null || schema.type === 'any' || found.length >= mostFaults) return;
  const definition = definitionOf(schema);
  if (definition !== undefined || schema.type === 'map') {
    if (!isObject(value)) found.push({ path, message: `is ${wordFor(value)} and has to be an object` });
    else collectMembers({ value, schema, path }, found);
    return;
  }
  if (schema.type === 'array') {
    if (!Array.isArray(value)) found.push({ path, message: `is ${wordFor(value)} and has to be a list` });
    else
      for (const [index, item] of value.entries())
        collect({ value: item, schema: schema.items ?? { type: 'any' }, path: `${path}[${index}]` }, found);
    return;
  }
  const scalar = scalars[schema.type ?? ''];
  if (scalar !== undefined && !scalar.fits(value))
    found.push({ path, message: `is ${wordFor(value)} and has to be ${scalar.word}` });
}

function collectMembers(
  { value, schema, path }: { value: JsonObject; schema: FieldSchema; path: string },
  found: SchemaFault[],
): void {
  const definition = definitionOf(schema);
  for (const [name, member] of Object.entries(value)) {
    const inner = memberSchema(schema, name);
    const below = definition === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    if (inner === undefined && definition !== undefined) {
      const nearest = nearestField(name, Object.keys(definition.fields));
      const meant = nearest === undefined ? '' : `; ${nearest} is one`;
      found.push({ path: below, message: `is no field of the API${meant}` });
    } else if (inner !== undefined && member !== undefined)
      collect({ value: member, schema: inner, path: below }, found);
  }
}

/** The one that a slip of the fingers makes of it. */
function nearestField(name: string, fields: readonly string[]): string | undefined {
  if (name.length > longestName) return undefined;
  return fields
    .flatMap(field => {
      const slips = distanceWithin(name.toLowerCase(), field.toLowerCase(), { most: mostSlips });
      return slips === undefined ? [] : [{ field, slips }];
    })
    .toSorted((a, b) => a.slips - b.slips)[0]?.field;
}

/** What a scalar has to be, and how that is said. */
const scalars: Readonly<Record<string, { fits(value: Json): boolean; word: string }>> = {
  string: { fits: value => typeof value === 'string', word: 'a text: put it in quotes' },
  boolean: { fits: value => typeof value === 'boolean', word: 'true or false, without quotes' },
  integer: { fits: value => Number.isInteger(value), word: 'a whole number, without quotes' },
  number: { fits: value => typeof value === 'number', word: 'a number, without quotes' },
  quantity: { fits: isNumberOrText, word: 'a number or a text' },
  'int-or-string': { fits: isNumberOrText, word: 'a number or a text' },
};

function isNumberOrText(value: Json): boolean {
  return typeof value === 'number' || typeof value === 'string';
}

function wordFor(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' ? 'a number' : 'a text';
}
