import type { Json } from '../core/json.ts';
import type { KubeObject } from './object.ts';

/** One column as meta.k8s.io/v1 Table names it. priority 0 always shows, above only with `-o wide`. */
export interface ColumnDefinition {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'date';
  format: string;
  description: string;
  priority: number;
}

export interface TableCells {
  columnDefinitions: ColumnDefinition[];
  /** One row an object, in the order given; one cell a column. */
  rows: Json[][];
}

/** The columns and cells that an API server sends for a list of one kind. nowMs is the moment that ages count to. */
export function tableFor(input: {
  kind: string;
  apiVersion: string;
  objects: readonly KubeObject[];
  nowMs: number;
}): TableCells {
  return {
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: 'Name of the object', priority: 0 },
    ],
    rows: input.objects.map(object => [object.metadata.name]),
  };
}
