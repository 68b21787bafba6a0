import * as z from 'zod';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { Tool } from './tool.ts';

/** One tool as `tools/list` shows it: what a client knows of it, and what a model pays for. */
export interface ToolListing {
  name: string;
  title: string;
  description: string;
  inputSchema: ObjectSchema;
  outputSchema: ObjectSchema;
  annotations: {
    readOnlyHint: boolean;
    destructiveHint: boolean;
    idempotentHint: boolean;
    openWorldHint: boolean;
  };
}

/** A JSON Schema of an object, 2020-12 without its `$schema`: that is the protocol's default. */
type ObjectSchema = JsonObject & { type: 'object' };

const listings = new WeakMap<Tool, ToolListing>();

/** The listing of a tool, made on first use and kept. */
export function listingOf(tool: Tool): ToolListing {
  const known = listings.get(tool);
  if (known !== undefined) return known;
  const listing: ToolListing = {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: schemaOf(tool.input, 'input'),
    outputSchema: schemaOf(tool.output, 'output'),
    annotations: {
      readOnlyHint: tool.kind === 'read',
      destructiveHint: tool.kind !== 'read' && tool.destructive,
      idempotentHint: tool.idempotent,
      // What a cluster holds was written by others; what concerns Vigie alone was not.
      openWorldHint: tool.environmental,
    },
  };
  listings.set(tool, listing);
  return listing;
}

function schemaOf(schema: z.ZodObject, io: 'input' | 'output'): ObjectSchema {
  const json: unknown = z.toJSONSchema(schema, { io });
  const { properties, required, additionalProperties } = isObject(json) ? slim(json) : {};
  // Only what is always so is promised of an answer: a failed call answers other fields, a later version more.
  if (io === 'output') return { type: 'object', properties: withoutItems(properties) };
  return {
    type: 'object',
    ...(properties === undefined ? {} : { properties }),
    ...(required === undefined ? {} : { required }),
    ...(additionalProperties === undefined ? {} : { additionalProperties }),
  };
}

/** What a list of an answer holds is seen in the answer; its schema names the fields. */
function withoutItems(properties: Json | undefined): JsonObject {
  const fields = isObject(properties) ? Object.entries(properties) : [];
  return Object.fromEntries(
    fields.map(([name, field]) => {
      if (!isObject(field)) return [name, field];
      const { items: _items, ...kept } = field;
      return [name, kept];
    }),
  );
}

/**
 * Drops what helps nobody to fill in an argument and would cost a third of the list: lengths of strings, the pattern
 * of a named format, bounds that say nothing, `false` as default. Calls are checked by the whole schema anyway.
 */
function slim(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !isNoise(key, value))
      .map(([key, value]) => [key, key === 'properties' ? slimProperties(value) : slimValue(value)]),
  );
}

// Under `properties` the keys are names of fields, which may well be `default` or `pattern`.
function slimProperties(properties: Json | undefined): JsonObject {
  const fields = isObject(properties) ? Object.entries(properties) : [];
  return Object.fromEntries(fields.map(([name, field]) => [name, slimValue(field)]));
}

function slimValue(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map(item => (isObject(item) ? slimInner(item) : item));
  return isObject(value) ? slimInner(value) : value;
}

function slimInner(schema: JsonObject): JsonObject {
  const { additionalProperties, ...rest } = slim(schema);
  // The outermost object says that unknown fields are refused; inner ones need not repeat it.
  return additionalProperties === undefined || additionalProperties === false
    ? rest
    : { ...rest, additionalProperties };
}

function isNoise(key: string, value: Json | undefined): boolean {
  // Nobody asks for minus three pods by mistake, and 2^53 is every integer's end.
  if (key === 'minimum') return Number(value) <= 1;
  if (key === 'maximum') return value === Number.MAX_SAFE_INTEGER;
  return noise.has(key) || (key === 'default' && value === false);
}

const noise = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'pattern', 'propertyNames']);
