import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { extentOf, isSubject, rulesOf } from '../../src/kubernetes/access-rules.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';

const rule = (more: JsonObject): JsonObject => ({
  apiGroups: [''],
  resources: ['pods'],
  verbs: ['get'],
  ...more,
});
const get = { verb: 'get', group: '', resource: 'pods' };

describe('what rules allow', () => {
  test.each([
    ['the verb, group and resource', [rule({})], get, 'all'],
    ['a star for each of them', [rule({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] })], get, 'all'],
    ['another verb', [rule({})], { ...get, verb: 'list' }, undefined],
    ['another group', [rule({})], { ...get, group: 'metrics.k8s.io' }, undefined],
    ['a subresource by its resource alone', [rule({})], { ...get, subresource: 'log' }, undefined],
    ['a subresource by its name', [rule({ resources: ['pods/log'] })], { ...get, subresource: 'log' }, 'all'],
    [
      'a subresource of any resource',
      [rule({ resources: ['*/log'] })],
      { ...get, subresource: 'log' },
      'all',
    ],
    ['a subresource by a star', [rule({ resources: ['*'] })], { ...get, subresource: 'log' }, 'all'],
    ['objects of some names, asked for any', [rule({ resourceNames: ['b', 'a'] })], get, ['a', 'b']],
    [
      'objects of some names, asked for one of them',
      [rule({ resourceNames: ['a'] })],
      { ...get, name: 'a' },
      'all',
    ],
    [
      'objects of some names, asked for another',
      [rule({ resourceNames: ['a'] })],
      { ...get, name: 'c' },
      undefined,
    ],
    ['some names by one rule and all by another', [rule({ resourceNames: ['a'] }), rule({})], get, 'all'],
    ['paths of the server alone', [{ verbs: ['*'], nonResourceURLs: ['*'] }], get, undefined],
  ])('%s', (_what, rules, wanted, extent) => {
    expect(extentOf(rules, wanted)).toEqual(extent);
  });

  test('a role that gathers others has their rules before any controller copies them', () => {
    const role = (name: string, more: JsonObject): KubeObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels: { to: name === 'part' ? 'view' : 'none' } },
      ...more,
    });
    const part = role('part', { rules: [rule({})] });
    const other = role('other', { rules: [rule({ resources: ['secrets'] })] });
    const view = role('view', {
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'view' } }] },
    });
    expect(rulesOf(view, [part, other, view])).toEqual([rule({})]);
  });
});

test('a subject is a user by name, a group by membership and a service account by its user name', () => {
  const builder = { user: 'system:serviceaccount:shop:builder', groups: ['system:serviceaccounts'] };
  expect(isSubject({ kind: 'ServiceAccount', name: 'builder', namespace: 'shop' }, builder)).toBe(true);
  expect(isSubject({ kind: 'ServiceAccount', name: 'builder', namespace: 'other' }, builder)).toBe(false);
  expect(isSubject({ kind: 'Group', name: 'system:serviceaccounts' }, builder)).toBe(true);
  expect(isSubject({ kind: 'User', name: builder.user }, builder)).toBe(true);
  expect(isSubject({ kind: 'User', name: 'builder' }, builder)).toBe(false);
});
