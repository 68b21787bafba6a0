import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { ColumnDefinition } from '../../kubernetes/table/printer.ts';
import { tableFor } from '../../kubernetes/table.ts';
import type { Cluster } from '../cluster.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { badRequest } from '../status.ts';
import { metadataText, objectText } from './text.ts';

export type Include = 'None' | 'Metadata' | 'Object';

export function includeOf(query: URLSearchParams): Include {
  const asked = query.get('includeObject') ?? 'Metadata';
  if (asked === 'None' || asked === 'Metadata' || asked === 'Object') return asked;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** A Table as text. Without columns for what follows the first event of a watch. */
export function tableText(
  cluster: Cluster,
  table: {
    resource: Resource;
    objects: readonly KubeObject[];
    metadata: JsonObject;
    include: Include;
    columns: boolean;
  },
): string {
  const { resource, objects, include } = table;
  const nowMs = cluster.clock.now();
  const { columnDefinitions, rows } = resource.custom
    ? customTable(resource, { objects, nowMs })
    : tableFor({ kind: resource.kind, apiVersion: printedVersion(resource), objects, nowMs });
  const rowTexts = rows.map((cells, index) => {
    const object = objects[index];
    const text = JSON.stringify(cells);
    if (object === undefined || include === 'None') return `{"cells":${text},"object":null}`;
    const shown = include === 'Object' ? objectText(resource, object) : metadataText(object);
    return `{"cells":${text},"object":${shown}}`;
  });
  // Of kinds without columns of their own a real server sends null for no rows.
  const isPlain = !resource.custom && columnDefinitions[1]?.name === 'Created At';
  const rowsText = isPlain && rowTexts.length === 0 ? 'null' : `[${rowTexts.join(',')}]`;
  const definitions = table.columns ? JSON.stringify(columnDefinitions) : 'null';
  return `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(table.metadata)},"columnDefinitions":${definitions},"rows":${rowsText}}`;
}

/** Events are printed from the form in which they are stored, whichever they are asked for in. */
function printedVersion(resource: Resource): string {
  return resource.plural === 'events' ? 'v1' : apiVersionOf(resource);
}

const nameColumn: ColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
};
const ageColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
};

function customTable(
  resource: Resource,
  { objects, nowMs }: { objects: readonly KubeObject[]; nowMs: number },
): { columnDefinitions: ColumnDefinition[]; rows: Json[][] } {
  const declared = resource.columns ?? [];
  const columns = declared.length === 0 ? [ageColumn] : declared;
  return {
    columnDefinitions: [
      nameColumn,
      ...columns.map(column => ({
        name: column.name,
        type: columnType(column.type),
        format: '',
        description: `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
        priority: 'priority' in column ? (column.priority ?? 0) : 0,
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
  if (type === 'date' && typeof value === 'string') return age(nowMs - Date.parse(value));
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

/** The largest two units, as the server shortens an age. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
