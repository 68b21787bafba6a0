import { isObject, type Json, type JsonObject, textIn } from '../../core/json.ts';
import { listingOf } from '../../toolkit/listing.ts';
import type { Tool } from '../../toolkit/tool.ts';
import { ownWords } from './words.ts';

/** How the text after a flag becomes a value. `seconds` takes 90, 90s, 5m or 2h; `file` is read, `-` being stdin. */
type FlagValue = 'text' | 'integer' | 'seconds' | 'switch' | 'list' | 'file';

/** One flag of a generated command. */
export interface Flag {
  /** The input field it sets. */
  field: string;
  /** Without dashes, kebab-case. */
  long: string;
  short?: string;
  value: FlagValue;
  choices?: readonly string[];
  required: boolean;
  default?: Json;
  description: string;
}

/** The words of a command before its flags. `ref` is `kind/name` or `kind name`; its namespace and apiVersion are flags. */
export type Word =
  | { what: 'value'; field: string; required: boolean; choices?: readonly string[]; description: string }
  | { what: 'ref'; field: string; required: boolean; description: string }
  /** All that is left, a list: what begins with a dash stands after `--`. */
  | { what: 'rest'; field: string; required: boolean; description: string };

/** One tool as a command, all of it from the tool's own definition. */
export interface CommandShape {
  tool: Tool;
  family: string;
  verb: string;
  words: readonly Word[];
  flags: readonly Flag[];
  /** The field of a selection by labels (`{kind, namespace, labelSelector}`), as an alternative to the ref. */
  matching?: string;
  /** Values of the tool's own `format` field: the command asks for them by -o. */
  formats: readonly string[];
  /** True: `-o wide` sets the tool's own `wide` field. */
  wide: boolean;
  /** True: the answer may come in pages of rows, which the command follows by itself. */
  paged: boolean;
}

/** Beside every flag of manifests: folders whose kustomization is rendered here. It is no field of a tool. */
export const kustomizeField = 'kustomize';

const shortNames: Readonly<Record<string, string>> = {
  namespace: 'n',
  environment: 'e',
  labelSelector: 'l',
  container: 'c',
  previous: 'p',
  follow: 'f',
  manifest: 'f',
  patch: 'p',
};

/** Fields that a command sets in another way than by a flag of their own. */
const silentFields: ReadonlySet<string> = new Set(['format', 'wide']);

export function shapeOf(tool: Tool): CommandShape {
  const { properties, required } = fieldsOf(listingOf(tool).inputSchema);
  const own = ownWords[tool.name];
  const words: Word[] = [];
  const flags: Flag[] = [];
  let matching: string | undefined;
  let bound: JsonObject = {};
  for (const field of [...(own?.before ?? []), ...Object.keys(properties)]) {
    const schema = properties[field];
    if (schema === undefined || silentFields.has(field)) continue;
    if (words.some(word => word.field === field)) continue;
    const isRequired = required.includes(field);
    const description = textIn(schema['description']);
    if (isRef(schema)) {
      words.push({ what: 'ref', field, required: isRequired, description });
      bound = { ...fieldsOf(schema).properties, ...bound };
    } else if (isMatching(schema)) {
      matching = field;
      bound = { ...bound, labelSelector: fieldsOf(schema).properties['labelSelector'] };
    } else if (own?.rest === field) {
      words.push({ what: 'rest', field, required: isRequired, description });
    } else if (own?.before?.includes(field)) {
      const choices = choicesOf(schema);
      words.push({ what: 'value', field, required: isRequired, description, ...(choices && { choices }) });
    } else {
      flags.push(flagOf(field, { schema, required: isRequired, names: Object.keys(properties) }));
    }
  }
  for (const field of ['namespace', 'labelSelector', 'apiVersion']) {
    const schema = bound[field];
    if (isObject(schema) && !flags.some(flag => flag.field === field))
      flags.push(flagOf(field, { schema, required: false, names: [] }));
  }
  const formats = choicesOf(properties['format'] ?? {}) ?? [];
  const split = tool.name.indexOf('_');
  return {
    tool,
    family: tool.name.slice(0, split),
    verb: tool.name.slice(split + 1).replaceAll('_', '-'),
    words,
    flags,
    ...(matching === undefined ? {} : { matching }),
    formats,
    wide: 'wide' in properties,
    paged:
      own?.folded !== true && 'cursor' in properties && 'limit' in properties && formats.includes('json'),
  };
}

function flagOf(
  field: string,
  facts: { schema: JsonObject; required: boolean; names: readonly string[] },
): Flag {
  const { schema } = facts;
  const withoutUnit = field.replace(/Seconds$/, '');
  const inSeconds = withoutUnit !== field && !facts.names.includes(withoutUnit);
  const short = shortNames[field];
  const choices = choicesOf(
    schema['type'] === 'array' && isObject(schema['items']) ? schema['items'] : schema,
  );
  return {
    field,
    long: kebab(inSeconds ? withoutUnit : field),
    ...(short === undefined ? {} : { short }),
    value: valueOf(field, { schema, inSeconds }),
    ...(choices === undefined ? {} : { choices }),
    required: facts.required,
    ...(schema['default'] === undefined ? {} : { default: schema['default'] }),
    description: textIn(schema['description']),
  };
}

function valueOf(field: string, facts: { schema: JsonObject; inSeconds: boolean }): FlagValue {
  if (field === 'manifest') return 'file';
  if (facts.inSeconds) return 'seconds';
  return typedValues[textIn(facts.schema['type'])] ?? 'text';
}

const typedValues: Readonly<Record<string, FlagValue>> = {
  boolean: 'switch',
  integer: 'integer',
  number: 'integer',
  array: 'list',
};

function fieldsOf(schema: JsonObject): { properties: Record<string, JsonObject>; required: string[] } {
  const properties: Record<string, JsonObject> = {};
  for (const [name, field] of Object.entries(isObject(schema['properties']) ? schema['properties'] : {})) {
    if (isObject(field)) properties[name] = field;
  }
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return { properties, required: required.filter(name => typeof name === 'string') };
}

function isRef(schema: JsonObject): boolean {
  const { properties } = fieldsOf(schema);
  return 'kind' in properties && 'name' in properties;
}

function isMatching(schema: JsonObject): boolean {
  const { properties } = fieldsOf(schema);
  return 'kind' in properties && 'labelSelector' in properties;
}

function choicesOf(schema: JsonObject): readonly string[] | undefined {
  const values = schema['enum'];
  return Array.isArray(values) ? values.filter(value => typeof value === 'string') : undefined;
}

function kebab(field: string): string {
  return field.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}
