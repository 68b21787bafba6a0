import { readFileSync } from 'node:fs';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';

/** An object that a real API server sent (scripts/record-tables.mjs), of nearly every built-in kind. */
export interface RecordedObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: JsonObject & { name: string };
}

export function recordedObjects(): RecordedObject[] {
  const tables = JSON.parse(readFileSync('test/golden/kubernetes-tables.json', 'utf8')) as Json[];
  return tables.flatMap(table =>
    isObject(table) && Array.isArray(table.rows)
      ? table.rows.flatMap(row => (isObject(row) && isRecorded(row.object) ? [row.object] : []))
      : [],
  );
}

function isRecorded(value: Json | undefined): value is RecordedObject {
  return isObject(value) && typeof value.kind === 'string' && isObject(value.metadata);
}
