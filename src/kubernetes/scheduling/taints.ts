import { isObject } from '../../core/json.ts';
import type { Node } from '../kinds/cluster.ts';
import type { Pod } from '../kinds/pod.ts';

export type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];

/** The first taint that keeps the pod off the node. PreferNoSchedule keeps nothing off. */
export function untolerated(node: Node, pod: Pick<Pod, 'spec'>): Taint | undefined {
  return node.spec?.taints?.find(
    taint =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !isTolerated(taint, pod.spec.tolerations),
  );
}

export function isTolerated(taint: Taint, tolerations: Pod['spec']['tolerations']): boolean {
  return tolerationsOf(taint, tolerations).length > 0;
}

/** How long (seconds) the pod stays under a taint that drives pods away; Infinity: as long as it likes; 0: it goes. */
export function toleratedSeconds(taint: Taint, tolerations: Pod['spec']['tolerations']): number {
  const fitting = tolerationsOf(taint, tolerations);
  if (fitting.length === 0) return 0;
  const limits = fitting.map(({ tolerationSeconds: limit }) =>
    typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY,
  );
  return Math.max(0, Math.min(...limits));
}

function tolerationsOf(taint: Taint, tolerations: Pod['spec']['tolerations'] = []) {
  return tolerations.filter(isObject).filter(({ key, operator, value, effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (key && key !== taint.key) return false;
    if (operator === 'Exists') return true;
    return key === taint.key && (value ?? '') === (taint.value ?? '');
  });
}
