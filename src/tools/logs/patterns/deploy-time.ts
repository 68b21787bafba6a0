import { VigieError } from '../../../core/errors.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { nanosFromMs, nanosOf } from '../../../logs/moment.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { type Rolled, revisionsOf } from '../../k8s/revisions.ts';
import { podsOf } from '../../k8s/workload-pods.ts';

export interface DeployTime {
  at: bigint;
  /** What happened then. */
  what: string;
}

// Newest first; what was changed earlier than these lies before any time that is compared.
const changesLooked = 50;

/**
 * When a workload's newest revision came, or when a recorded change of Vigie last changed it: the later of the two.
 * @throws VigieError INVALID_INPUT where the target has no revisions
 */
export async function deployTime(target: Ref, context: ToolContext): Promise<DeployTime> {
  const object = await context.kube.get(target);
  if (!isRolled(object)) {
    throw new VigieError('INVALID_INPUT', `since: ${describeRef(refOf(object))} has no deploys`, {
      hint: 'Name a Deployment, StatefulSet or DaemonSet as target, or a time as since.',
      details: { issues: [{ field: 'since', message: 'deploy needs a target that rolls out' }] },
    });
  }
  const candidates = [await revisionTime(object, context), await changeTime(object, context)];
  const [latest] = candidates
    .flatMap(each => (each === undefined ? [] : [each]))
    .toSorted((left, right) => (left.at > right.at ? -1 : 1));
  if (latest !== undefined) return latest;
  throw new VigieError('NOT_FOUND', `${describeRef(refOf(object))} has no revision yet`, {
    hint: 'Name a time as since: vigie logs patterns --since 1h',
  });
}

function isRolled(object: KubeObject): object is Rolled {
  return isKind(object, 'Deployment') || isKind(object, 'StatefulSet') || isKind(object, 'DaemonSet');
}

async function revisionTime(workload: Rolled, { kube }: ToolContext): Promise<DeployTime | undefined> {
  const revisions = await revisionsOf(kube, workload);
  const newest = revisions.at(-1);
  const created = newest?.createdAt === undefined ? undefined : nanosOf(newest.createdAt);
  if (newest === undefined || created === undefined) return undefined;
  const what = `revision ${newest.revision} of ${describeRef(refOf(workload))}`;
  const later = revisions.some(({ createdAt = '' }) => createdAt > (newest.createdAt ?? ''));
  if (!later) return { at: created, what };
  // A revision that is older than another was returned to: its pods tell when.
  const pods = await podsOf(kube, workload);
  const first = pods
    .map(pod => nanosOf(pod.metadata.creationTimestamp ?? '') ?? created)
    .filter(start => start > created)
    .reduce<bigint | undefined>(
      (least, start) => (least === undefined || start < least ? start : least),
      undefined,
    );
  return { at: first ?? created, what: `the return to ${what}` };
}

async function changeTime(workload: Rolled, context: ToolContext): Promise<DeployTime | undefined> {
  const { kind, metadata } = workload;
  const changes = await context.changes.list({
    environment: context.environment.name,
    states: ['done', 'unverified'],
    limit: changesLooked,
  });
  const last = changes.find(({ targets }) =>
    targets.some(
      each => each.kind === kind && each.name === metadata.name && each.namespace === metadata.namespace,
    ),
  );
  if (last === undefined) return undefined;
  const ms = Date.parse(last.decidedAt ?? last.createdAt);
  return Number.isNaN(ms) ? undefined : { at: nanosFromMs(ms), what: `change ${last.id} (${last.tool})` };
}
