// The check every server-side apply begins with: does the object fit its schema.
import { isObject, type Json } from '../core/json.ts';
import { fieldElement, printElement } from './field-set.ts';
import { type FieldSchema, memberSchema } from './schema.ts';
import { elementOfItem, formOf, isAtomic, itemSchema, membersOf } from './typed-value.ts';

/** What does not fit, in the server's words: empty when all does. Duplicates in keyed lists and sets are a fault. */
export function checkTyped(value: Json, schema: FieldSchema): string {
  const faults = faultsOf(value, schema).map(({ path, text }) => (path === '' ? text : `${path}: ${text}`));
  if (faults.length <= 1) return faults[0] ?? '';
  return ['errors:', ...faults.map(fault => `  ${fault}`)].join('\n');
}

interface Fault {
  path: string;
  text: string;
}

function faultsOf(value: Json, schema: FieldSchema): Fault[] {
  if (value === null) return [];
  switch (formOf(schema, value)) {
    case 'scalar': {
      const text = scalarFault(value, schema);
      return text === undefined ? [] : [{ path: '', text }];
    }
    case 'list':
      return Array.isArray(value)
        ? listFaults(value, schema)
        : [{ path: '', text: `expected list, got &{${printGo(value)}}` }];
    case 'map':
      return isObject(value)
        ? mapFaults(value, schema)
        : [{ path: '', text: `expected map, got &{${printGo(value)}}` }];
  }
}

function mapFaults(value: { [name: string]: Json | undefined }, schema: FieldSchema): Fault[] {
  const faults: Fault[] = [];
  for (const { name, member } of membersOf(value)) {
    const path = printElement(fieldElement(name));
    const inner = memberSchema(schema, name);
    if (inner === undefined) return [...faults, { path, text: 'field not declared in schema' }];
    faults.push(...below(path, faultsOf(member, inner)));
  }
  return faults;
}

function listFaults(items: readonly Json[], schema: FieldSchema): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    let element = `i:${index}`;
    if (!isAtomic(schema, 'list')) {
      const found = elementOfItem(schema, item);
      if ('fault' in found) return [...faults, { path: '', text: `element ${index}: ${found.fault}` }];
      element = found.element;
      if (seen.has(element)) {
        faults.push({ path: '', text: `duplicate entries for key ${printElement(element)}` });
      }
      seen.add(element);
    }
    faults.push(...below(printElement(element), faultsOf(item, itemSchema(schema))));
  }
  return faults;
}

function below(path: string, faults: readonly Fault[]): Fault[] {
  return faults.map(fault => ({ path: `${path}${fault.path}`, text: fault.text }));
}

function scalarFault(value: Json, schema: FieldSchema): string | undefined {
  switch (schema.type ?? 'any') {
    case 'integer':
    case 'number':
      return typeof value === 'number'
        ? undefined
        : `expected numeric (int or float), got ${goTypeOf(value)}`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${printGoSource(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${printGo(value)}}`;
    case 'quantity':
    case 'int-or-string':
    case 'any':
    case 'array':
    case 'map':
      return typeof value === 'object' ? `expected any scalar, got &{${printGo(value)}}` : undefined;
  }
}

function goTypeOf(value: Json): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** As Go's %v prints it: `map[name:c]`, `[a b]`. */
function printGo(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(printGo).join(' ')}]`;
  if (!isObject(value)) return `${value}`;
  const members = membersOf(value).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return `map[${members.map(({ name, member }) => `${name}:${printGo(member)}`).join(' ')}]`;
}

/** As Go's %#v prints it. */
function printGoSource(value: Json): string {
  if (value === null) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(printGoSource).join(', ')}}`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = membersOf(value).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const parts = members.map(({ name, member }) => `${JSON.stringify(name)}:${printGoSource(member)}`);
  return `map[string]interface {}{${parts.join(', ')}}`;
}
