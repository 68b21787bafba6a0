import type { Node } from '../kinds/cluster.ts';
import type { Pod } from '../kinds/pod.ts';
import type { DaemonSet } from '../kinds/workloads.ts';
import { fitsNode } from './node-terms.ts';
import { untolerated } from './taints.ts';

/** What every daemon pod tolerates: it belongs on a node even when others leave it. */
const ownTolerations = [
  ...['not-ready', 'unreachable'].map(state => ({ state, effect: 'NoExecute' })),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map(state => ({
    state,
    effect: 'NoSchedule',
  })),
].map(({ state, effect }) => ({ key: `node.kubernetes.io/${state}`, operator: 'Exists', effect }));

type Tolerations = NonNullable<Pod['spec']['tolerations']>;

export function daemonTolerations({ spec: { template } }: DaemonSet): Tolerations {
  return [...(template.spec.tolerations ?? []), ...ownTolerations];
}

/** Whether a set wants a pod on a node: `new`, it makes one; `present`, it only leaves one that is there; `none`. */
export function takesDaemon(set: DaemonSet, node: Node): 'new' | 'present' | 'none' {
  const { template } = set.spec;
  if (!fitsNode(template, node)) return 'none';
  const pod = { spec: { ...template.spec, tolerations: daemonTolerations(set) } };
  if (untolerated(node, pod) === undefined) return 'new';
  // Only what drives pods away ends one that is there.
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  return untolerated({ ...node, spec: { ...node.spec, taints } }, pod) === undefined ? 'present' : 'none';
}
