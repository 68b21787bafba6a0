import { describe, expect, test } from 'vitest';
import type { Container, Pod } from '../../src/kubernetes/kinds/pod.ts';
import { podResources } from '../../src/kubernetes/pod-needs.ts';
import { formatQuantity } from '../../src/kubernetes/quantities.ts';

const container = (name: string, cpu?: string, limit?: string): Container => ({
  name,
  resources: { ...(cpu && { requests: { cpu } }), ...(limit && { limits: { cpu: limit } }) },
});

function needsOf(spec: Pod['spec']): [requests: string, limits: string | undefined] {
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
  const { requests, limits } = podResources(pod, 'cpu');
  return [
    formatQuantity(requests, 'decimal'),
    limits === undefined ? undefined : formatQuantity(limits, 'decimal'),
  ];
}

describe('what a pod needs', () => {
  test('is the sum of its containers, without a limit as soon as one has none', () => {
    expect(needsOf({ containers: [container('a', '100m', '1'), container('b', '50m', '1')] })).toEqual([
      '150m',
      '2',
    ]);
    expect(needsOf({ containers: [container('a', '100m', '1'), container('b')] })).toEqual([
      '100m',
      undefined,
    ]);
  });

  test('is what its largest init container needs, where that is more; one that keeps running counts with the others', () => {
    const containers = [container('a', '100m', '1')];
    const sidecar = { ...container('s', '30m', '1'), restartPolicy: 'Always' };
    expect(needsOf({ containers, initContainers: [container('i', '300m', '2')] })).toEqual(['300m', '2']);
    expect(needsOf({ containers, initContainers: [sidecar] })).toEqual(['130m', '2']);
    expect(needsOf({ containers, initContainers: [sidecar, container('i', '300m', '3')] })).toEqual([
      '330m',
      '4',
    ]);
  });
});
