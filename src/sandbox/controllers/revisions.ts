import { isObject } from '../../core/json.ts';
import type { PodTemplate } from '../../kubernetes/kinds/pod.ts';
import type { ControllerRevision, DaemonSet, StatefulSet } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { controlledBy } from '../../kubernetes/owners.ts';
import type { ClusterView, Operation } from './controller.ts';
import { templateHash } from './naming.ts';
import { deleteOf } from './owners.ts';

/** The label by which pods of stateful and daemon sets name the revision of their template. */
export const revisionLabel = 'controller-revision-hash';
/** Revisions that are kept for going back. */
const defaultHistory = 10;

/** The hash of the set's present template. Its revision is named `<set>-<hash>`. */
export function revisionHash(set: StatefulSet | DaemonSet): string {
  return templateHash(set.spec.template);
}

/**
 * Records the set's template as its newest revision, for rollout history and undo, and forgets the oldest beyond the
 * history. A template that comes back takes its old revision up again under a new number.
 */
export function recordRevision(view: ClusterView, set: StatefulSet | DaemonSet): Operation[] {
  const own = ofKind(view.dependentsOf(set.metadata.uid ?? ''), 'ControllerRevision').sort(
    (a, b) => a.revision - b.revision,
  );
  const name = `${set.metadata.name}-${revisionHash(set)}`;
  const newest = own.at(-1);
  if (newest?.metadata.name === name) return forget(own, set.spec.revisionHistoryLimit);
  const number = (newest?.revision ?? 0) + 1;
  const known = own.find(revision => revision.metadata.name === name);
  if (known !== undefined) {
    const { resourceVersion: _version, ...metadata } = known.metadata;
    return [{ do: 'update', object: { ...known, metadata, revision: number } }];
  }
  return [{ do: 'create', object: revisionOf(set, { name, number }) }];
}

/** The template of an earlier revision; undefined when it is not kept any more. */
export function templateOf(
  view: ClusterView,
  { set, revision }: { set: StatefulSet; revision: string | undefined },
): PodTemplate | undefined {
  const found = ofKind(view.dependentsOf(set.metadata.uid ?? ''), 'ControllerRevision').find(
    each => each.metadata.name === revision,
  );
  const spec = found?.data?.['spec'];
  const template = isObject(spec) ? spec['template'] : undefined;
  // Only this file writes them, and no client can.
  return isTemplate(template) ? template : undefined;
}

function isTemplate(value: unknown): value is PodTemplate {
  return isObject(value) && isObject(value['spec']) && Array.isArray(value['spec']['containers']);
}

function revisionOf(
  set: StatefulSet | DaemonSet,
  { name, number }: { name: string; number: number },
): ControllerRevision {
  const { namespace } = set.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...set.spec.template.metadata?.labels, [revisionLabel]: revisionHash(set) },
      ownerReferences: [controlledBy(set)],
    },
    data: { spec: { template: { ...set.spec.template, $patch: 'replace' } } },
    revision: number,
  };
}

function forget(own: readonly ControllerRevision[], limit = defaultHistory): Operation[] {
  const kept = limit + 1;
  return own.slice(0, Math.max(0, own.length - kept)).map(revision => deleteOf(revision));
}
