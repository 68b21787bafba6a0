import { expect, test } from 'vitest';
import type { Draft } from '../../src/diagnosis/analyzer.ts';
import { fold } from '../../src/diagnosis/fold.ts';
import { snapshotOf } from '../support/snapshot-of.ts';

const shop = snapshotOf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: database, namespace: shop}
spec:
  selector: {matchLabels: {app: database}}
  template:
    metadata: {labels: {app: database}}
    spec: {containers: [{name: main, image: postgres:17}]}
---
apiVersion: v1
kind: Service
metadata: {name: database, namespace: shop}
spec: {selector: {app: database}, ports: [{port: 5432}]}
`);

function draft(code: string, object: string, rest: Partial<Draft> = {}): Draft {
  const [kind = '', name = ''] = object.split('/');
  return {
    code,
    severity: 'critical',
    object: { kind, name, namespace: 'shop' },
    summary: code,
    evidence: [],
    confidence: 'certain',
    fixes: [],
    ...rest,
  };
}

const database = { kind: 'Service', name: 'database', namespace: 'shop' };

test('a database that is down explains its clients and its service, through the service that selects it', () => {
  const findings = fold(
    [
      draft('CRASH_LOOP', 'Deployment/api', { dependsOn: [database] }),
      draft('NO_ENDPOINTS', 'Service/database', { dependsOn: [database] }),
      draft('IMAGE_MISSING', 'Deployment/database'),
    ],
    shop,
  );
  expect(findings.map(({ code }) => code)).toEqual(['IMAGE_MISSING']);
  expect(findings[0]?.explains).toEqual([
    'Deployment/api in shop (CRASH_LOOP)',
    'Service/database in shop (NO_ENDPOINTS)',
  ]);
});

test('a symptom of a symptom folds under the first cause', () => {
  const secret = { kind: 'Secret', name: 'db', namespace: 'shop' };
  const findings = fold(
    [
      draft('CRASH_LOOP', 'Deployment/api', { dependsOn: [database] }),
      draft('CONFIG_ERROR', 'Deployment/database', { dependsOn: [secret] }),
      draft('SECRET_MISSING', 'Secret/db'),
    ],
    shop,
  );
  expect(findings.map(({ code }) => code)).toEqual(['SECRET_MISSING']);
  expect(findings[0]?.explains).toHaveLength(2);
});

test('of two that explain each other one stays', () => {
  const a = { kind: 'Deployment', name: 'a', namespace: 'shop' };
  const b = { kind: 'Deployment', name: 'b', namespace: 'shop' };
  const findings = fold(
    [
      draft('CRASH_LOOP', 'Deployment/a', { dependsOn: [b] }),
      draft('CRASH_LOOP', 'Deployment/b', { dependsOn: [a] }),
    ],
    shop,
  );
  expect(findings).toHaveLength(1);
});

test('on one object the deeper remark stays', () => {
  const findings = fold(
    [draft('ROLLOUT_STUCK', 'Deployment/a'), draft('IMAGE_MISSING', 'Deployment/a', { depth: 2 })],
    shop,
  );
  expect(findings.map(({ code }) => code)).toEqual(['IMAGE_MISSING']);
});

test('notes are not listed', () => {
  expect(fold([draft('SINGLE_REPLICA', 'Deployment/a', { severity: 'note' })], shop)).toEqual([]);
});
