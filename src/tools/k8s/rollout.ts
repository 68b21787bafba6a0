import * as z from 'zod';
import type { K8sPatch } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import { healthOf } from '../../kubernetes/health.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { mergePatchBetween } from '../../kubernetes/merge-patch.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { askedBy } from '../../toolkit/asked-field.ts';
import { defineChangeTool, type Planned, type ToolContext } from '../../toolkit/tool.ts';
import { tableHeader, tableLine } from '../text-table.ts';
import { patchOf } from './planned-change.ts';
import { type Revision, type Rolled, revisionsOf } from './revisions.ts';
import { refField, toRef } from './schemas.ts';

// The annotation kubectl sets too: one key, whoever restarts.
const restartedAt = 'kubectl.kubernetes.io/restartedAt';

const actionField = z.enum(['restart', 'undo', 'pause', 'resume', 'status', 'history']);

/** Restarts, returns, pauses or resumes the rollout of a workload, or tells how it stands. */
export const k8sRollout = defineChangeTool({
  name: 'k8s_rollout',
  title: 'Roll out a workload',
  description:
    'Restart, undo, pause or resume a Deployment, StatefulSet or DaemonSet; or see status or history.',
  input: z.strictObject({
    target: refField.describe('What has a rollout.'),
    action: actionField.describe('status, history: read.'),
    toRevision: z.int().min(1).optional().describe('For undo.'),
  }),
  answers: {
    health: askedBy({ argument: 'action', value: 'status' }, z.string()),
    revisions: askedBy({ argument: 'action', value: 'history' }, z.array(z.unknown())),
  },

  async plan({ target, action, toRevision }, context) {
    const workload = await rolledAt(context.kube, target);
    if (toRevision !== undefined && action !== 'undo') {
      throw unfit('toRevision', `toRevision goes with undo, not with ${action}`);
    }
    return plans[action]({ workload, context, toRevision });
  },
});

interface Asked {
  workload: Rolled;
  context: ToolContext;
  toRevision: number | undefined;
}

const plans: Record<z.output<typeof actionField>, (asked: Asked) => Planned | Promise<Planned>> = {
  restart: ({ workload, context }) => [restart(workload, context.now)],
  undo: rollBack,
  pause: ({ workload }) => setPaused(workload, { paused: true }),
  resume: ({ workload }) => setPaused(workload, { paused: false }),
  status: ({ workload }) => status(workload),
  history,
};

async function rolledAt(kube: ToolContext['kube'], target: z.output<typeof refField>): Promise<Rolled> {
  const object = await kube.get(toRef(target));
  if (isKind(object, 'Deployment') || isKind(object, 'StatefulSet') || isKind(object, 'DaemonSet'))
    return object;
  throw unfit(
    'target.kind',
    `${describeRef(refOf(object))} has no rollout: only a Deployment, StatefulSet or DaemonSet has`,
  );
}

function restart(workload: Rolled, now: Date): K8sPatch {
  if (isPaused(workload)) {
    throw unfit(
      'action',
      `${describeRef(refOf(workload))} is paused: a restart would not start`,
      trusted`Resume it first: k8s_rollout with action resume.`,
    );
  }
  const annotations = { [restartedAt]: `${now.toISOString().slice(0, 19)}Z` };
  return patchOf(workload, { patch: { spec: { template: { metadata: { annotations } } } } });
}

async function rollBack({ workload, context, toRevision }: Asked): Promise<K8sPatch[]> {
  const name = describeRef(refOf(workload));
  if (isPaused(workload))
    throw unfit(
      'action',
      `${name} is paused: the old template would not roll out`,
      trusted`Resume it first: k8s_rollout with action resume.`,
    );
  const revisions = await revisionsOf(context.kube, workload);
  const wanted =
    toRevision === undefined ? revisions.at(-2) : revisions.find(({ revision }) => revision === toRevision);
  if (wanted === undefined) {
    const known = revisions.map(({ revision }) => String(revision));
    throw unfit(
      'toRevision',
      toRevision === undefined ? `${name} has no earlier revision` : `${name} has no revision ${toRevision}`,
      trusted`Known revisions: ${known}. k8s_rollout with action history shows them.`,
    );
  }
  const template = mergePatchBetween(workload.spec.template, wanted.template);
  return Object.keys(template).length === 0 ? [] : [patchOf(workload, { patch: { spec: { template } } })];
}

function setPaused(workload: Rolled, { paused }: { paused: boolean }): K8sPatch[] {
  if (!isKind(workload, 'Deployment')) {
    throw unfit('action', `${describeRef(refOf(workload))} cannot be paused: only a Deployment can`);
  }
  if (isPaused(workload) === paused) return [];
  return [patchOf(workload, { patch: { spec: { paused: paused ? true : null } } })];
}

function isPaused(workload: KubeObject): boolean {
  return workload.spec?.['paused'] === true;
}

function status(workload: Rolled): Planned {
  const { state, reason } = healthOf(workload);
  const summary = `${describeRef(refOf(workload))}: ${state}, ${reason}`;
  return { answer: { data: { status: 'answered', summary, health: state }, text: summary } };
}

async function history({ workload, context }: Asked): Promise<Planned> {
  const revisions = await revisionsOf(context.kube, workload);
  const summary = `${describeRef(refOf(workload))}: ${revisions.length} revisions, the last one is current`;
  const lines = revisions.map(revision =>
    tableLine([revision.revision, revision.createdAt, revision.images.join(','), revision.cause]),
  );
  const text = [summary, tableHeader(['revision', 'created', 'images', 'cause']), ...lines].join('\n');
  return { answer: { data: { status: 'answered', summary, revisions: revisions.map(revisionData) }, text } };
}

function revisionData({
  revision,
  createdAt,
  images,
  cause,
}: Revision): Record<string, string | number | string[]> {
  return {
    revision,
    images,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(cause === undefined ? {} : { cause }),
  };
}

function unfit(field: string, message: string, hint?: Trusted): VigieError {
  return new VigieError('INVALID_INPUT', message, {
    ...(hint === undefined ? {} : { hint }),
    details: { issues: [{ field, message }] },
  });
}
