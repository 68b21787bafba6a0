import type { RunPlace } from '../../core/backup-set.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerUid, isDeleting } from '../../kubernetes/owners.ts';
import { isServing } from '../../kubernetes/pod-readiness.ts';
import { revisionOf } from '../../kubernetes/revisions.ts';
import { selectorText } from '../../kubernetes/selectors.ts';
import type { PodPlace } from './pod-runner.ts';
import type { KubeReader } from './reader.ts';

type InPod = Extract<RunPlace, { in: 'pod' }>;
type Workload = 'StatefulSet' | 'Deployment' | 'DaemonSet';

// More pods of one workload are not looked at: any ready one of the first will do.
const mostPods = 500;

const revisionLabel = 'controller-revision-hash';
// Numbers the templates of a DaemonSet; its revisions would be a kind more to be allowed to read.
const generationLabel = 'pod-template-generation';

/**
 * The container that programs of a set run in: of the pod that is named, or of a workload's ready pods the first by name,
 * those of its newest revision before others. @throws VigieError NOT_FOUND, NOT_STARTED when none can be used
 */
export async function chooseContainer(reader: KubeReader, place: InPod): Promise<PodPlace> {
  const { target, namespace } = place;
  const pod =
    'pod' in target
      ? await runningPod(reader, { name: target.pod, namespace })
      : await readyPod(reader, { ...target.workload, namespace });
  const names = pod.spec.containers.map(({ name }) => name);
  const { container = names[0] ?? '' } = place;
  const { name } = pod.metadata;
  if (!names.includes(container))
    throw new VigieError('NOT_STARTED', `Pod/${name} in ${namespace} has no container ${container}.`, {
      hint: 'Name one of its containers: run.pod.container of the set.',
    });
  return { pod: { name, namespace }, container };
}

async function runningPod(reader: KubeReader, at: { name: string; namespace: string }): Promise<Pod> {
  const pod = await reader.get({ kind: 'Pod', ...at });
  if (pod.status?.phase === 'Running' && !isDeleting(pod)) return pod;
  throw new VigieError(
    'NOT_STARTED',
    `Nothing can be run in Pod/${at.name} in ${at.namespace}: it does not run.`,
    {
      hint: 'See why with k8s_describe.',
    },
  );
}

async function readyPod(
  reader: KubeReader,
  { namespace, ...workload }: { namespace: string; kind: Workload; name: string },
): Promise<Pod> {
  const ref = { ...workload, namespace, apiVersion: 'apps/v1' };
  const found = await reader.get(ref);
  const within = { namespace, labelSelector: selectorText(selectorOf(found)), limit: mostPods };
  const rankOf = await ranking(reader, { workload: found, within });
  const page = await reader.list({ kind: 'Pod', apiVersion: 'v1', ...within });
  const ranked = ofKind(page.items, 'Pod')
    .filter(isServing)
    .map(pod => ({ pod, rank: rankOf(pod) }))
    .filter((each): each is { pod: Pod; rank: number } => each.rank !== undefined);
  const [first] = ranked.toSorted(
    (a, b) => b.rank - a.rank || (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1),
  );
  if (first !== undefined) return first.pod;
  throw new VigieError('NOT_STARTED', `${describeRef(ref)} has no ready pod to run anything in.`, {
    hint: 'See why with k8s_describe.',
  });
}

function selectorOf({ spec }: KubeObject): JsonObject {
  const selector = spec?.['selector'];
  return isObject(selector) ? selector : {};
}

/** How new the revision of a pod is, more is newer; undefined: the pod is another's. */
type RankOf = (pod: Pod) => number | undefined;

async function ranking(
  reader: KubeReader,
  {
    workload,
    within,
  }: { workload: KubeObject; within: { namespace: string; labelSelector: string; limit: number } },
): Promise<RankOf> {
  const { uid } = workload.metadata;
  if (isKind(workload, 'Deployment')) {
    const page = await reader.list({ kind: 'ReplicaSet', apiVersion: 'apps/v1', ...within });
    const sets = page.items.filter(set => controllerUid(set) === uid);
    const revisions = new Map(sets.map(set => [set.metadata.uid, revisionOf(set)]));
    return pod => revisions.get(controllerUid(pod));
  }
  const labelled = (pod: Pod, label: string): string => pod.metadata.labels?.[label] ?? '';
  const rank = isKind(workload, 'StatefulSet')
    ? (pod: Pod) => Number(labelled(pod, revisionLabel) === workload.status?.updateRevision)
    : (pod: Pod) => Number(labelled(pod, generationLabel));
  return pod => (controllerUid(pod) === uid ? rank(pod) : undefined);
}
