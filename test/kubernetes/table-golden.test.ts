import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { tableFor } from '../../src/kubernetes/table.ts';

// Recorded by scripts/record-tables.mjs from a real API server.
interface Recorded {
  apiVersion: string;
  kind: string;
  columns: { name: string; type: string; format: string; priority: number }[];
  rows: { object: KubeObject; cells: Json[] }[];
}
const recorded: Recorded[] = JSON.parse(readFileSync('test/golden/kubernetes-tables.json', 'utf8'));

/** Cells that count from the moment of the recording; how ages are written has tests of its own. */
const ages = new Set(['Age', 'Last Seen', 'First Seen', 'Duration', 'Last Schedule']);

test('the recording has the common kinds', () => {
  expect(recorded.length).toBeGreaterThanOrEqual(30);
});

test.each(recorded)(
  '$apiVersion $kind has the columns and cells of a real server',
  ({ kind, apiVersion, columns, rows }) => {
    const objects = rows.map(row => row.object);
    const table = tableFor({ kind, apiVersion, objects, nowMs: Date.parse('2026-03-02T09:00:00Z') });
    expect(table.columnDefinitions.map(({ description: _own, ...column }) => column)).toEqual(columns);
    for (const [index, { object, cells }] of rows.entries()) {
      const named = (values: Json[] = []) =>
        Object.fromEntries(
          columns.flatMap(({ name }, at) => (ages.has(name) ? [] : [[name, withoutAge(values[at])]])),
        );
      expect(named(table.rows[index]), object.metadata.name).toEqual(named(cells));
    }
  },
);

/** `3 (5m ago)` of a restart count without its time. */
function withoutAge(cell: Json | undefined): Json | undefined {
  return typeof cell === 'string' ? cell.replace(/\(\S+ ago\)/, '(ago)') : cell;
}
