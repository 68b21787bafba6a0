import { canonicalJson } from '../../core/json.ts';
import {
  type DeploymentStatus,
  deadlineMs,
  deploymentStatus,
  withoutProgress,
} from '../../kubernetes/deployment-status.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { Deployment, ReplicaSet } from '../../kubernetes/kinds/workloads.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { controlledBy, controllerUid, isDeleting } from '../../kubernetes/owners.ts';
import { hashLabel, revisionKey, revisionOf, writtenTemplate } from '../../kubernetes/revisions.ts';
import { leewayOf, newSize, type Resize, shrinkOld, sizeOf } from '../../kubernetes/rolling-update.ts';
import type { Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { eventsFrom } from './events.ts';
import { templateHash } from './naming.ts';
import { adopt, deleteOf, selects, statusOf, statusWrite, updateOf, wakeAtOf } from './owners.ts';

const defaultHistory = 10;
const { tell, warn } = eventsFrom('deployment-controller');
/** Annotations of a deployment that are about itself and do not go on to its replica sets. */
const ownAnnotations = new Set(['kubectl.kubernetes.io/last-applied-configuration', revisionKey]);

/**
 * Rolls out deployments: one replica set a template, the newest grows while the others shrink. A step at a time,
 * each from the replica sets as they stand, so that a rollout can be changed, paused or taken back at any moment.
 */
export const deploymentController = eachObject('Deployment', {
  name: 'deployment',
  watches: ['ReplicaSet', 'Pod'],
  concerned(changed, view) {
    if (isKind(changed, 'ReplicaSet')) {
      if (controllerUid(changed) !== undefined) return [];
      const { namespace } = changed.metadata;
      return ofKind(view.list('Deployment', namespace), 'Deployment').filter(each => selects(each, changed));
    }
    // Pods concern one that waits for the last of the old ones.
    const set = view.withUid(controllerUid(changed) ?? '');
    const owner = set === undefined ? undefined : view.withUid(controllerUid(set) ?? '');
    return ofKind(owner === undefined ? [] : [owner], 'Deployment').filter(isRecreated);
  },
  reconcile(deployment, { view, nowMs }) {
    if (isDeleting(deployment)) return { operations: [] };
    const adopted = ofKind(view.unowned('ReplicaSet'), 'ReplicaSet').filter(
      set => !isDeleting(set) && selects(deployment, set),
    );
    // The next round sees the adopted ones as its own; until then nothing of the deployment moves.
    if (adopted.length > 0) return { operations: adopted.map(set => adopt(set, deployment)) };
    const sets = ofKind(view.dependentsOf(deployment.metadata.uid ?? ''), 'ReplicaSet').filter(
      set => !isDeleting(set),
    );
    const newest = findNewest(deployment, sets);
    const old = sets.filter(set => set !== newest).sort(byRevision);
    const pods = isRecreated(deployment)
      ? old.flatMap(set => ofKind(view.dependentsOf(set.metadata.uid ?? ''), 'Pod'))
      : [];
    const status = deploymentStatus(deployment, { newest, sets, nowMs });
    const refused = (why: string, set: ReplicaSet) => fail(deployment, { status, why, set, nowMs });
    return {
      operations: [
        ...step(deployment, { newest, old, pods, refused }),
        ...report(deployment, { newest, status }),
      ],
      // A deadline that has passed has had its effect.
      ...wakeAtOf([deadlineMs(deployment)].filter(moment => moment > nowMs)),
    };
  },
});

function isRecreated(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type === 'Recreate';
}

/** The set of the deployment's template: by its hash, or by its content where the set was made by somebody else. */
function findNewest(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const hash = templateHash(deployment.spec.template);
  const named = sets.find(set => set.metadata.labels?.[hashLabel] === hash);
  if (named !== undefined || sets.length === 0) return named;
  const wanted = canonicalJson(deployment.spec.template);
  return sets.find(set => canonicalJson(writtenTemplate(set.spec.template)) === wanted);
}

function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  return revisionOf(a) - revisionOf(b);
}

interface Sets {
  newest: ReplicaSet | undefined;
  old: readonly ReplicaSet[];
  /** Pods of the older sets, those that are still stopping included. */
  pods: readonly Pod[];
  /** What follows when the replica set of the newest template is refused. */
  refused: (why: string, set: ReplicaSet) => Operation[];
}

function step(deployment: Deployment, { newest, old, pods, refused }: Sets): Operation[] {
  const revision = Math.max(0, ...old.map(revisionOf)) + 1;
  if (deployment.spec.paused === true) return resizePaused(deployment, { newest, old });
  if (isRecreated(deployment)) {
    const shrink = old.filter(set => sizeOf(set) > 0).map(set => ({ set, replicas: 0 }));
    if (shrink.length > 0) return resize(deployment, shrink);
    // Nothing of the new template starts before the last pod of an old one is gone.
    if (pods.some(pod => pod.status?.phase === 'Pending' || pod.status?.phase === 'Running')) return [];
  }
  if (newest === undefined) return create(deployment, { old, revision, refused });
  const annotated = annotate(deployment, { newest, revision });
  if (annotated.length > 0) return annotated;

  const wanted = newSize(deployment, { current: sizeOf(newest), others: old });
  if (wanted !== sizeOf(newest)) return resize(deployment, [{ set: newest, replicas: wanted }]);
  const shrink = shrinkOld(deployment, { newest, old: old.filter(set => sizeOf(set) > 0) });
  return shrink.length > 0 ? resize(deployment, shrink) : forgetHistory(deployment, { newest, old });
}

/** A paused deployment follows a new size, and nothing else. */
function resizePaused(deployment: Deployment, { newest, old }: Pick<Sets, 'newest' | 'old'>): Operation[] {
  const active = [...old, ...(newest === undefined ? [] : [newest])].filter(set => sizeOf(set) > 0);
  const last = active.at(-1);
  if (last === undefined) return [];
  const others = active.slice(0, -1).reduce((sum, set) => sum + sizeOf(set), 0);
  const replicas = Math.max(0, (deployment.spec.replicas ?? 1) - others);
  return replicas === sizeOf(last) || desiredOf(last) === (deployment.spec.replicas ?? 1)
    ? []
    : resize(deployment, [{ set: last, replicas }]);
}

const desiredKey = 'deployment.kubernetes.io/desired-replicas';

function desiredOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[desiredKey] ?? 0);
}

function create(
  deployment: Deployment,
  { old, revision, refused }: Pick<Sets, 'old' | 'refused'> & { revision: number },
): Operation[] {
  const { metadata, spec } = deployment;
  const hash = templateHash(spec.template);
  const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
  const replicas = newSize(deployment, { current: 0, others: old });
  const set: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels,
      annotations: annotationsFor(deployment, revision),
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas,
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [hashLabel]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
  return [
    { do: 'create', object: set, refused: why => refused(why, set) },
    ...(replicas === 0 ? [] : [scaled(deployment, { set, replicas, from: 0 })]),
  ];
}

function fail(
  deployment: Deployment,
  { status, why, set, nowMs }: { status: DeploymentStatus; why: string; set: ReplicaSet; nowMs: number },
): Operation[] {
  const reason = 'ReplicaSetCreateError';
  const message = `Failed to create new replica set "${set.metadata.name}": ${why}`;
  return [
    ...statusOf(deployment, withoutProgress(deployment, { status, reason, message, nowMs })),
    warn(deployment, { reason, message }),
  ];
}

function annotationsFor(deployment: Deployment, revision: number): Record<string, string> {
  const passedOn = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !ownAnnotations.has(key),
  );
  const wanted = deployment.spec.replicas ?? 1;
  return {
    ...Object.fromEntries(passedOn),
    [desiredKey]: String(wanted),
    'deployment.kubernetes.io/max-replicas': String(wanted + leewayOf(deployment).surge),
    [revisionKey]: String(revision),
  };
}

/** The set that was taken up again becomes the highest revision. */
function annotate(
  deployment: Deployment,
  { newest, revision }: { newest: ReplicaSet; revision: number },
): Operation[] {
  const current = Math.max(revision, revisionOf(newest));
  const wanted = { ...newest.metadata.annotations, ...annotationsFor(deployment, current) };
  const before = newest.metadata.annotations?.[revisionKey];
  if (before !== undefined && before !== String(current)) {
    const history = newest.metadata.annotations?.['deployment.kubernetes.io/revision-history'];
    wanted['deployment.kubernetes.io/revision-history'] =
      history === undefined ? before : `${history},${before}`;
  }
  if (canonicalJson(wanted) === canonicalJson(newest.metadata.annotations)) return [];
  return [updateOf({ ...newest, metadata: { ...newest.metadata, annotations: wanted } })];
}

/** Its status, and with it the revision of its newest set: booked as reported, and not as a change of what is wanted. */
function report(
  deployment: Deployment,
  { newest, status }: { newest: ReplicaSet | undefined; status: DeploymentStatus },
): Operation[] {
  const { annotations, ...metadata } = deployment.metadata;
  const revision = newest?.metadata.annotations?.[revisionKey];
  if (revision === undefined || revision === annotations?.[revisionKey]) return statusOf(deployment, status);
  const marked = { ...metadata, annotations: { ...annotations, [revisionKey]: revision } };
  return [statusWrite({ ...deployment, metadata: marked, status })];
}

function resize(deployment: Deployment, changes: readonly Resize[]): Operation[] {
  return changes.flatMap(({ set, replicas }) => {
    const annotations = { ...set.metadata.annotations, [desiredKey]: String(deployment.spec.replicas ?? 1) };
    return [
      updateOf({ ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } }),
      scaled(deployment, { set, replicas, from: sizeOf(set) }),
    ];
  });
}

function scaled(about: Deployment, { set, replicas, from }: Resize & { from: number }): Operation {
  const direction = replicas > from ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${replicas}`;
  return tell(about, { reason: 'ScalingReplicaSet', message });
}

/** Deletes the oldest empty sets beyond the history limit, once the rollout is done. */
function forgetHistory(
  deployment: Deployment,
  { newest, old }: { newest: ReplicaSet; old: readonly ReplicaSet[] },
): Operation[] {
  const wanted = deployment.spec.replicas ?? 1;
  if ((newest.status?.availableReplicas ?? 0) < wanted) return [];
  const empty = old.filter(set => sizeOf(set) === 0 && (set.status?.replicas ?? 0) === 0);
  const surplus = empty.length - (deployment.spec.revisionHistoryLimit ?? defaultHistory);
  return surplus > 0 ? empty.slice(0, surplus).map(set => deleteOf(set)) : [];
}
