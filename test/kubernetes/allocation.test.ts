import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { allocate } from '../../src/kubernetes/allocation.ts';

const added = ['not-ready', 'unreachable'].map(trouble => ({
  key: `node.kubernetes.io/${trouble}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

// As kube-apiserver 1.36.2 does it.
test.each<{ what: string; given: JsonObject[]; more: JsonObject[] }>([
  { what: 'none', given: [], more: added },
  { what: 'every taint', given: [{ operator: 'Exists' }], more: [] },
  { what: 'every taint of that effect', given: [{ operator: 'Exists', effect: 'NoExecute' }], more: [] },
  {
    what: 'every taint of another effect',
    given: [{ operator: 'Exists', effect: 'NoSchedule' }],
    more: added,
  },
  {
    what: 'one of them with another effect',
    given: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' }],
    more: added,
  },
  {
    what: 'one of them',
    given: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    more: added.slice(1),
  },
])(
  'a pod that tolerates $what is given five minutes on a node in trouble where it says nothing',
  ({ given, more }) => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { containers: [{ name: 'main', image: 'shop/web:1' }], tolerations: given },
    };
    const { spec } = allocate(pod, { address: () => '10.43.0.10', nodePort: () => 30_000 });
    expect(spec?.['tolerations']).toEqual([...given, ...more]);
  },
);
