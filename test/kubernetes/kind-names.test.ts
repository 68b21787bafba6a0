import { expect, test } from 'vitest';
import { plainKind } from '../../src/kubernetes/kind-names.ts';

test('a built-in kind has one spelling, whatever it is called', () => {
  const typed = [
    'Deployment',
    'deployment',
    'deployments',
    'deploy',
    'deployments.apps',
    'Deployment.v1.apps',
  ];
  expect(new Set(typed.map(plainKind))).toEqual(new Set(['deployment']));
  expect(['po', 'svc', 'ingresses', 'netpol', 'cm'].map(plainKind)).toEqual([
    'pod',
    'service',
    'ingress',
    'networkpolicy',
    'configmap',
  ]);
});

test('a custom kind keeps its own, without its group', () => {
  expect(['Cluster.postgresql.cnpg.io', 'cluster'].map(plainKind)).toEqual(['cluster', 'cluster']);
});
