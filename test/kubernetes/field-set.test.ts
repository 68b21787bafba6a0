import { describe, expect, test } from 'vitest';
import {
  differenceOf,
  fieldElement,
  fieldSetFrom,
  hasPath,
  intersectionOf,
  isEmptySet,
  keyElement,
  pathsOf,
  printPath,
  readFieldsV1,
  unionOf,
  valueElement,
  withoutSubtrees,
  writeFieldsV1,
} from '../../src/kubernetes/field-set.ts';
import { fc } from '../support/properties.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"c"}', 'v:"x"');
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 8 });
const listed = (set: ReturnType<typeof fieldSetFrom>) => [...pathsOf(set)].map(found => found.join(' '));

describe('field sets', () => {
  test('are sets of paths: union, intersection and difference agree with those of plain sets', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const [a, b] = [fieldSetFrom(left), fieldSetFrom(right)];
        const [x, y] = [new Set(left.map(p => p.join(' '))), new Set(right.map(p => p.join(' ')))];
        expect(new Set(listed(unionOf(a, b)))).toEqual(new Set([...x, ...y]));
        expect(new Set(listed(intersectionOf(a, b)))).toEqual(new Set([...x].filter(p => y.has(p))));
        expect(new Set(listed(differenceOf(a, b)))).toEqual(new Set([...x].filter(p => !y.has(p))));
        expect(isEmptySet(differenceOf(a, a))).toBe(true);
      }),
    );
  });

  test('come back from fieldsV1 as they were written', () => {
    fc.assert(
      fc.property(paths, some => {
        const set = fieldSetFrom(some);
        expect(listed(readFieldsV1(writeFieldsV1(set)))).toEqual(listed(set));
      }),
    );
  });

  test('withoutSubtrees takes what lies below a path, too', () => {
    const set = fieldSetFrom([['f:status'], ['f:status', 'f:replicas'], ['f:spec', 'f:replicas']]);
    expect(listed(withoutSubtrees(set, fieldSetFrom([['f:status']])))).toEqual(['f:spec f:replicas']);
  });

  test('a dot in fieldsV1 marks a path that is owned beside its children', () => {
    const set = readFieldsV1({ 'f:labels': { '.': {}, 'f:app': {} }, 'f:spec': { 'f:replicas': {} } });
    expect(hasPath(set, ['f:labels'])).toBe(true);
    expect(hasPath(set, ['f:labels', 'f:app'])).toBe(true);
    expect(hasPath(set, ['f:spec'])).toBe(false);
  });

  test('keys are equal whatever the order of their members', () => {
    const set = readFieldsV1({ 'f:ports': { 'k:{"protocol":"TCP","port":80}': { '.': {} } } });
    expect(hasPath(set, ['f:ports', keyElement({ port: 80, protocol: 'TCP' })])).toBe(true);
  });

  test('paths are printed as the server prints them', () => {
    const parts = [fieldElement('spec'), fieldElement('ports'), keyElement({ protocol: 'TCP', port: 80 })];
    expect(printPath([...parts, fieldElement('name')])).toBe('.spec.ports[port=80,protocol="TCP"].name');
    expect(printPath([fieldElement('finalizers'), valueElement('x')])).toBe('.finalizers[="x"]');
  });
});
