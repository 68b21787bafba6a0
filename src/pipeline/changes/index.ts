import type { Change } from '../../core/change.ts';
import { k8sApply } from './k8s-apply.ts';
import { k8sDelete } from './k8s-delete.ts';
import { k8sPatch } from './k8s-patch.ts';
import type { ChangeKind } from './kind.ts';

const kinds = { 'k8s-apply': k8sApply, 'k8s-patch': k8sPatch, 'k8s-delete': k8sDelete } as const;

/** The kind of a change. */
export function kindOf(change: Change): ChangeKind {
  return kinds[change.kind];
}
