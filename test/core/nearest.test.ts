import { expect, test } from 'vitest';
import { distanceWithin, nearestNames } from '../../src/core/nearest.ts';
import { fc } from '../support/properties.ts';

const tools = ['k8s_list', 'k8s_get', 'k8s_logs', 'k8s_delete', 'changes_list', 'environments_list'];

test.each([
  ['k8s_lst', 'k8s_list'],
  ['k8s-get', 'k8s_get'],
  ['k8s_dleete', 'k8s_delete'],
  ['environments', 'environments_list'],
  ['K8S_LOGS', 'k8s_logs'],
])('somebody who typed %s meant %s', (typed, meant) => {
  expect(nearestNames(typed, tools)[0]).toBe(meant);
});

test('at most three names are offered, and none to somebody who typed something else', () => {
  expect(nearestNames('list', ['list1', 'list2', 'list3', 'list4'])).toEqual(['list1', 'list2', 'list3']);
  expect(nearestNames('terraform_apply', tools)).toEqual([]);
  expect(nearestNames('nosuchthing', ['ing', 'pod'])).toEqual([]);
  expect(nearestNames('ingres', ['ing'])).toEqual(['ing']);
  expect(nearestNames('foo', ['pod', 'job'])).toEqual([]);
  expect(nearestNames('scv', ['svc'])).toEqual(['svc']);
  expect(nearestNames('', tools)).toEqual([]);
});

test('a very long name costs no more than its beginning', () => {
  expect(nearestNames('x'.repeat(1_000_000), tools)).toEqual([]);
});

test('the distance is symmetric, zero only for equal texts, and never more than the longer one', () => {
  const text = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const distance = distanceWithin(a, b, { most: 12 }) ?? Number.NaN;
      expect(distance).toBe(distanceWithin(b, a, { most: 12 }));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});

test('a distance is the same however little more than it is looked for, and absent where it is more', () => {
  // Of three letters most pairs are near, and many swap neighbours.
  const text = fc.string({ maxLength: 10, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(text, text, fc.nat({ max: 10 }), (a, b, most) => {
      const whole = distanceWithin(a, b, { most: 10 }) ?? Number.NaN;
      expect(distanceWithin(a, b, { most })).toBe(whole <= most ? whole : undefined);
    }),
    { numRuns: 2_000 },
  );
});

test('names that come after the steps are used up are not looked at', () => {
  const steps = { left: 1_000 };
  expect(nearestNames('k8s_lst', tools, { steps })[0]).toBe('k8s_list');
  expect(steps.left).toBeLessThan(1_000);
  const names = Array.from({ length: 10_000 }, (_, index) => `k8s_lis${index}`);
  expect(nearestNames('k8s_lst', [...names, 'k8s_list'], { steps })).not.toContain('k8s_list');
  expect(steps.left).toBeGreaterThan(-1_000);
});
