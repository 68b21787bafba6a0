import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { customTable } from '../../../src/kubernetes/table/custom.ts';

const nowMs = Date.parse('2026-03-02T08:00:00Z');
const object: KubeObject = {
  apiVersion: 'acme.example/v1',
  kind: 'Widget',
  metadata: { name: 'a', creationTimestamp: '2026-03-02T07:54:30Z' },
  spec: { size: 3, tags: ['x', 'y'] },
  status: { conditions: [{ type: 'Ready', at: '2026-03-02T05:00:00Z' }], broken: 'yesterday' },
};

function rowOf(type: string, jsonPath: string): unknown {
  return customTable([{ name: 'X', type, jsonPath }], { objects: [object], nowMs }).rows[0]?.[1];
}

test.each([
  ['integer', '.spec.size', 3],
  ['string', '.spec.tags[1]', 'y'],
  ['string', '.spec.tags', '["x","y"]'],
  ['string', '.status.conditions[0].type', 'Ready'],
  ['string', '.spec.absent.deeper', null],
  ['date', '.status.conditions[0].at', '3h'],
  ['date', '.status.broken', '<invalid>'],
])('a column of type %s at %s shows %j', (type, jsonPath, cell) => {
  expect(rowOf(type, jsonPath)).toBe(cell);
});

test('without declared columns there is the age, in two figures as for all kinds', () => {
  const { columnDefinitions, rows } = customTable([], { objects: [object], nowMs });
  expect(columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Age']);
  expect(rows).toEqual([['a', '5m30s']]);
});
