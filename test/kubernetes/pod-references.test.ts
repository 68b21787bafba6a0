import { expect, test } from 'vitest';
import { podReferences } from '../../src/kubernetes/pod-references.ts';

test('what a pod names is found wherever it may stand, each once, and is optional only where all say so', () => {
  const spec = {
    imagePullSecrets: [{ name: 'registry' }],
    initContainers: [{ name: 'i', envFrom: [{ configMapRef: { name: 'shared', optional: true } }] }],
    containers: [
      {
        name: 'c',
        envFrom: [{ secretRef: { name: 'all' } }, { configMapRef: { name: 'shared' } }],
        env: [
          { name: 'A', valueFrom: { secretKeyRef: { name: 'one', key: 'k' } } },
          { name: 'B', valueFrom: { configMapKeyRef: { name: 'maybe', key: 'k', optional: true } } },
          { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
      },
    ],
    volumes: [
      { name: 'v1', persistentVolumeClaim: { claimName: 'data' } },
      {
        name: 'v2',
        projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'shared' } }] },
      },
      { name: 'v3', secret: { secretName: 'mounted' } },
      { name: 'kube-api-access-x', projected: { sources: [{ configMap: { name: 'kube-root-ca.crt' } }] } },
    ],
  };
  expect(
    podReferences(spec).map(({ kind, name, optional }) => `${kind}/${name}${optional ? '?' : ''}`),
  ).toEqual([
    'ConfigMap/maybe?',
    'ConfigMap/shared',
    'PersistentVolumeClaim/data',
    'Secret/all',
    'Secret/mounted',
    'Secret/one',
    'Secret/projected',
    'Secret/registry',
  ]);
});
