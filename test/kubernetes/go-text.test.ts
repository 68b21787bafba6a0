import { expect, test } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { goText } from '../../src/kubernetes/go-text.ts';

// As kube-apiserver 1.36.2 quoted them.
test.each<[Json, string]>([
  [{ spec: { replicas: 'x', paused: null } }, 'map[spec:map[paused:<nil> replicas:x]]'],
  [{ spec: { replicas: '' } }, 'map[spec:map[replicas:]]'],
  [{ data: ['x', { b: 1, a: true }] }, 'map[data:[x map[a:true b:1]]]'],
  [[10_000_000, 123_456_789_012, -5], '[10000000 123456789012 -5]'],
  [[1.5, 100_000.25, 12_345_678.5], '[1.5 100000.25 1.23456785e+07]'],
  [[0.00001, 1.5e300, 1e21], '[1e-05 1.5e+300 1e+21]'],
])('%j is printed as %s', (value, text) => {
  expect(goText(value)).toBe(text);
});
