import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';
import type { AuditView } from './rule.ts';
import { isSystem } from './system-namespaces.ts';

/** Which of the kinds that are judged make objects of a kind. */
const makers: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', ['ReplicaSet', 'ReplicationController', 'StatefulSet', 'DaemonSet', 'Job']],
  ['ReplicaSet', ['Deployment']],
  ['Job', ['CronJob']],
]);

/**
 * Whether an object is judged where it is made. Anybody writes any owner into a pod: it counts only where it is there and
 * is of a kind that makes such objects and is judged itself. Where it could not be read nobody knows, and it is believed.
 */
export function isMade(object: KubeObject, view: Pick<AuditView, 'makerOf' | 'sees'>): boolean {
  const owner = controllerOf(object);
  if (owner === undefined) return false;
  // The pods of the control plane stand in files of their node.
  if (owner.kind === 'Node') return object.kind === 'Pod' && isSystem(object);
  if (makers.get(object.kind)?.includes(owner.kind) !== true) return false;
  return view.makerOf(object) !== undefined || !view.sees(owner.kind, object.metadata.namespace);
}
