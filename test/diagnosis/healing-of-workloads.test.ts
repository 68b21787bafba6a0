import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { healedBy } from '../support/healed-by.ts';
import { node, object, workload, written } from '../support/written-objects.ts';

const service = object('Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
const scaler = (target: JsonObject) =>
  object('HorizontalPodAutoscaler', 'web', {
    apiVersion: 'autoscaling/v2',
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', ...target },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } }],
    },
  });
const requesting = { container: { resources: { requests: { cpu: '100m' } } } };
const nodes = [node('n1', { labels: { disk: 'fast' } }), node('n2', { labels: { disk: 'fast' } })];

test.each<[code: string, objects: JsonObject[]]>([
  [
    'NODE_LABEL_MISSING',
    [...nodes, workload('Deployment', 'web', { pods: { nodeSelector: { disk: 'fasst' } } })],
  ],
  [
    'NODE_LABEL_MISSING',
    [...nodes, workload('Deployment', 'web', { pods: { nodeSelector: { diks: 'fast' } } })],
  ],
  [
    'HPA_TARGET_MISSING',
    [
      scaler({ kind: 'Deployment', name: 'storefrnt' }),
      workload('Deployment', 'storefront', { pods: requesting }),
    ],
  ],
  [
    'HPA_TARGET_MISSING',
    [scaler({ kind: 'StatefulSet', name: 'web' }), workload('Deployment', 'web', { pods: requesting })],
  ],
  [
    'SCALED_TO_ZERO',
    [
      service,
      scaler({ kind: 'Deployment', name: 'web' }),
      workload('Deployment', 'web', { replicas: 0, pods: requesting }),
    ],
  ],
  [
    'SERVICE_ACCOUNT_MISSING',
    [
      object('ServiceAccount', 'storefront'),
      workload('Deployment', 'web', { pods: { serviceAccountName: 'storefrnt' } }),
    ],
  ],
])('the fix that is offered for %s heals, and makes nothing new', (code, objects) => {
  const { before, after } = healedBy(written(...objects));
  expect(before.map(each => each.code)).toContain(code);
  expect(before[0]?.code).toBe(code);
  expect(after.map(each => each.code)).toEqual([]);
});
