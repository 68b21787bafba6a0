import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { quotasAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/quotas.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { object, written } from '../../../support/written-objects.ts';

const found = (hard: JsonObject, used: JsonObject) =>
  quotasAnalyzer.analyze(
    snapshotOf(written(object('ResourceQuota', 'q', { spec: { hard }, status: { hard, used } }))),
  );

test.each<[hard: JsonObject, used: JsonObject, severity: string | undefined]>([
  [{ pods: '10' }, { pods: '10' }, 'warning'],
  [{ 'requests.memory': '8Gi' }, { 'requests.memory': '8192Mi' }, 'warning'],
  [{ 'requests.cpu': '2' }, { 'requests.cpu': '1950m' }, 'warning'],
  [{ pods: '10' }, { pods: '9' }, 'note'],
  [{ pods: '10' }, { pods: '8' }, undefined],
  [{ 'services.loadbalancers': '0' }, { 'services.loadbalancers': '0' }, undefined],
  [{ pods: 'many' }, { pods: '8' }, undefined],
  [{ pods: '10' }, {}, undefined],
])('%j with %j used', (hard, used, severity) => {
  expect(found(hard, used)).toMatchObject(severity === undefined ? [] : [{ severity }]);
});

test('the fullest resource comes first, and others as full are named', () => {
  expect(
    found({ cpu: '10', memory: '1Gi', pods: '4' }, { cpu: '1', memory: '1Gi', pods: '4' }),
  ).toMatchObject([{ code: 'QUOTA_USED_UP', summary: 'nothing is left of memory, pods' }]);
});
