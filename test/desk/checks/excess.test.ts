import { expect, test } from 'vitest';
import { excessOf } from '../../../src/desk/checks/excess.ts';

const needed = [
  { group: '', resources: ['pods', 'secrets'], verbs: ['get', 'list'] },
  { group: '', resources: ['namespaces'], verbs: ['get'], names: ['kube-system'] },
];

function rule(group: string, resource: string, verbs: string[], resourceNames?: string[]) {
  return {
    apiGroups: [group],
    resources: [resource],
    verbs,
    ...(resourceNames === undefined ? {} : { resourceNames }),
  };
}

test('what is needed, and what everybody may ask about themselves, is no excess', () => {
  const rules = [
    rule('', 'pods', ['get', 'list']),
    rule('', 'namespaces', ['get'], ['kube-system']),
    rule('authorization.k8s.io', 'selfsubjectaccessreviews', ['create']),
  ];
  expect(excessOf(rules, needed)).toEqual([]);
});

test('a verb, a group or a name more is, gravest first and each resource once', () => {
  const rules = [
    rule('', 'secrets', ['get', 'watch']),
    rule('apps', 'pods', ['get']),
    rule('', 'namespaces', ['get']),
    rule('', 'secrets', ['delete']),
    rule('batch', 'jobs', ['*']),
  ];
  expect(excessOf(rules, needed)).toEqual([
    'jobs.batch *',
    'secrets delete, watch',
    'namespaces get',
    'pods.apps get',
  ]);
});

test('stars are named for what they are', () => {
  expect(
    excessOf([rule('*', '*', ['*']), rule('', '*', ['get']), rule('*', 'pods', ['get'])], needed),
  ).toEqual(['everything *', 'everything of the core group get', 'pods of every group get']);
});
