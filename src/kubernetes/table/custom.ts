import { isObject, type Json } from '../../core/json.ts';
import { ageOf } from '../duration.ts';
import type { KubeObject } from '../object.ts';
import { type ColumnDefinition, nameColumn } from './printer.ts';

/** A column as a CustomResourceDefinition declares it. */
export interface CustomColumn {
  name: string;
  type: string;
  jsonPath: string;
  /** Default 0: always shown. */
  priority?: number;
}

const ageColumn: CustomColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
};

/** The table of custom resources: the columns that their definition declares, or their age. */
export function customTable(
  declared: readonly CustomColumn[],
  { objects, nowMs }: { objects: readonly KubeObject[]; nowMs: number },
): { columnDefinitions: ColumnDefinition[]; rows: Json[][] } {
  const columns: readonly CustomColumn[] = declared.length === 0 ? [ageColumn] : declared;
  return {
    columnDefinitions: [
      { ...nameColumn, description: 'Name must be unique within a namespace.' },
      ...columns.map(column => ({
        name: column.name,
        type: columnType(column.type),
        format: '',
        description: `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
        priority: column.priority ?? 0,
      })),
    ],
    rows: objects.map(object => [
      object.metadata.name,
      ...columns.map(({ jsonPath, type }) => cell(valueAt(object, jsonPath), { type, nowMs })),
    ]),
  };
}

function columnType(type: string): ColumnDefinition['type'] {
  return type === 'integer' || type === 'boolean' || type === 'date' ? type : 'string';
}

/** The value at a path of names and numbers (`.status.conditions[0].type`); other JSONPath shows as nothing. */
function valueAt(object: KubeObject, jsonPath: string): Json | undefined {
  let value: unknown = object;
  for (const part of jsonPath.split(/[.[\]]+/).filter(piece => piece !== '')) {
    if (Array.isArray(value)) value = value[Number(part)];
    else value = isObject(value) ? value[part] : undefined;
  }
  return value as Json | undefined;
}

function cell(value: Json | undefined, { type, nowMs }: { type: string; nowMs: number }): Json {
  if (value === undefined || value === null) return null;
  if (type === 'date' && typeof value === 'string')
    return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, nowMs);
  return typeof value === 'object' ? JSON.stringify(value) : value;
}
