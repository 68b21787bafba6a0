import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { rightsBeyond } from '../../src/kubernetes/access-rights.ts';
import { allows, allowsPath } from '../../src/kubernetes/access-rules.ts';

const rule = (more: JsonObject): JsonObject => ({
  apiGroups: [''],
  resources: ['pods'],
  verbs: ['get'],
  ...more,
});
const get = { verb: 'get', group: '', resource: 'pods' };

test('a rule about some names allows those, and nothing of any object', () => {
  const named = rule({ resourceNames: ['a'] });
  expect(allows(named, { ...get, name: 'a' })).toBe(true);
  expect(allows(named, { ...get, name: 'b' })).toBe(false);
  expect(allows(named, get)).toBe(false);
  expect(allows(rule({}), { ...get, name: 'b' })).toBe(true);
});

test.each([
  ['/healthz', true],
  ['/healthz/etcd', false],
  ['/metrics', true],
  ['/metrics/cadvisor', true],
  ['/version', false],
])('of the paths that a rule names, one with a star is a beginning: %s', (path, allowed) => {
  const paths = { verbs: ['get'], nonResourceURLs: ['/healthz', '/metrics*'] };
  expect(allowsPath(paths, { verb: 'get', path })).toBe(allowed);
  expect(allowsPath(paths, { verb: 'post', path })).toBe(false);
  expect(allowsPath({ verbs: ['*'], nonResourceURLs: ['*'] }, { verb: 'post', path })).toBe(true);
});

test('what is granted beyond what is held is told by resource, the verbs of one together', () => {
  const granted = [
    rule({ verbs: ['get', 'list', 'delete'] }),
    rule({ resources: ['pods/log'] }),
    { verbs: ['get'], nonResourceURLs: ['/metrics'] },
  ];
  expect(rightsBeyond([rule({ verbs: ['get'] })], granted)).toEqual([
    '{APIGroups:[""], Resources:["pods"], Verbs:["list" "delete"]}',
    '{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}',
    '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
  ]);
  expect(rightsBeyond([rule({ resources: ['*/log'] })], [rule({ resources: ['pods/log'] })])).toEqual([]);
  expect(rightsBeyond([rule({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] })], [rule({})])).toEqual([]);
});

test('some names are held where all are, and never the other way round', () => {
  const one = rule({ resourceNames: ['a'] });
  expect(rightsBeyond([rule({})], [one])).toEqual([]);
  expect(rightsBeyond([one], [rule({})])).toEqual(['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}']);
  expect(rightsBeyond([rule({ resourceNames: ['b'] })], [one])).toEqual([
    '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get"]}',
  ]);
});
