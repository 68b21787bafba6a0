import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { isSelectable, selectedField } from '../../src/kubernetes/selectable-fields.ts';

const object = (kind: string, more: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'a' },
  ...more,
});

test.each([
  ['/pods', 'status.phase', true],
  ['/pods', 'spec.foo', false],
  ['apps/deployments', 'status.replicas', false],
  ['toString', 'length', false],
])('objects of %s are selected by %s: %s', (resource, field, selectable) => {
  expect(isSelectable(resource, field)).toBe(selectable);
});

test.each([
  ['Pod', { spec: { nodeName: 'n1' } }, 'spec.nodeName', 'n1'],
  ['Pod', {}, 'spec.nodeName', ''],
  ['Pod', { spec: {} }, 'spec.hostNetwork', 'false'],
  ['Node', { spec: { unschedulable: true } }, 'spec.unschedulable', 'true'],
  ['ReplicaSet', {}, 'status.replicas', '0'],
  ['Job', { status: { succeeded: 2 } }, 'status.successful', '2'],
  ['Event', { source: { component: 'kubelet' } }, 'source', 'kubelet'],
  ['Event', { deprecatedSource: { component: 'kubelet' } }, 'source', 'kubelet'],
  ['Event', {}, 'source', ''],
])('%s %j has %s as %j', (kind, more, field, value) => {
  expect(selectedField(object(kind, more), field)).toBe(value);
});
