import { judges } from './health/index.ts';
import type { Health } from './health/verdict.ts';
import { groupOf, isKnownKind } from './kinds.ts';
import { type KubeObject, splitApiVersion } from './object.ts';

const judgeByKind = new Map(judges.map(judge => [judge.kind, judge]));

/**
 * Health of one object as its own status has it. related: objects around it that tell more — the pods of a workload
 * (why it does not move on), the EndpointSlices of a service. An object that is being deleted is progressing.
 * A kind without a notion of health is healthy with `readBackOnly`.
 */
export function healthOf(object: KubeObject, related: readonly KubeObject[] = []): Health {
  const { group } = splitApiVersion(object.apiVersion);
  const judge =
    isKnownKind(object.kind) && groupOf(object.kind) === group ? judgeByKind.get(object.kind) : undefined;
  if (object.metadata.deletionTimestamp !== undefined && object.kind !== 'Namespace') {
    return { state: 'progressing', reason: 'is being deleted' };
  }
  return (
    judge?.judge(object, related) ?? {
      state: 'healthy',
      reason: 'has no health of its own',
      readBackOnly: true,
    }
  );
}
