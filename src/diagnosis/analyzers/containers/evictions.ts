import { lastSeenMs } from '../../../kubernetes/event-times.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Event } from '../../../kubernetes/kinds/event.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { evictionCause } from '../../containers/eviction-cause.ts';
import { isWanted } from '../../containers/instances.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';

/** What was evicted longer ago and has been replaced since is over; its pods stay as a record. */
const recentMs = 1_800_000;
/** As long as events are kept. */
const preemptedMs = 3_600_000;

/** Pods that a node ended for want of something, or that gave way to more important ones. Drains and shutdowns are none. */
export const evictionsAnalyzer = defineAnalyzer({
  id: 'evictions',
  needs: [...podSetKinds, 'Node', 'Event'],
  codes: {
    EVICTED_BY_NODE: {
      row: 'evicted',
      means: 'A node that ran low on memory, disk or processes ended pods.',
      decided:
        'Pods failed with the reason Evicted within half an hour, or their workload still lacks them; older ones are a note. Folds under the node while that is still under pressure.',
      fixed: 'Requests that say what the pods use, less of what fills the node, or larger nodes.',
    },
    EVICTED_OVER_LIMIT: {
      row: 'evicted',
      means: 'Pods wrote more to their local disk than they may, and were ended for it.',
      decided:
        'Pods failed with the reason Evicted and the message that a limit of ephemeral storage or of an emptyDir was exceeded.',
      fixed: 'A higher limit, a volume, or a program that writes less.',
    },
    PREEMPTED: {
      row: 'preempted',
      means: 'Pods gave way to pods of a higher priority, and there is no room for them since.',
      decided: 'The scheduler told Preempted within the hour, and their workload still lacks pods.',
      fixed: 'Room for both, or another priority.',
    },
  },

  analyze(snapshot) {
    return [...snapshot.podSets.flatMap(set => evictionOf(set, snapshot) ?? []), ...preemptions(snapshot)];
  },
});

type Code = 'EVICTED_BY_NODE' | 'EVICTED_OVER_LIMIT' | 'PREEMPTED';

function evictionOf(set: PodSet, snapshot: Snapshot): Draft<Code> | undefined {
  const evicted = set.pods
    .filter(({ status }) => status?.phase === 'Failed' && status.reason === 'Evicted')
    .toSorted((a, b) => agoMs(a, snapshot) - agoMs(b, snapshot));
  const [newest] = evicted;
  const message = newest?.status?.message ?? '';
  const cause = evictionCause(message);
  if (newest === undefined || cause === undefined) return undefined;
  const isOver = agoMs(newest, snapshot) > recentMs && set.ready >= set.wanted;
  const count = evicted.length > 1 ? `${evicted.length} pods` : 'a pod';
  return {
    code: cause.of === 'node' ? 'EVICTED_BY_NODE' : 'EVICTED_OVER_LIMIT',
    severity: isOver ? 'note' : isWanted(set) ? harmTo(set) : 'warning',
    object: refOf(set.object),
    summary:
      cause.of === 'node'
        ? `${newest.spec.nodeName ?? 'its node'} ran low on ${cause.resource} and evicted ${count} of it`
        : `${count} of it went over ${cause.what} and was evicted`,
    evidence: [
      quoteEvent({ reason: 'Evicted', message }),
      quoteField(`Pod/${newest.metadata.name} spec.nodeName`, newest.spec.nodeName),
    ],
    ...(cause.of === 'node' && cause.usage !== undefined ? { cause: cause.usage } : {}),
    confidence: 'certain',
    fixes: [],
    question:
      cause.of === 'node'
        ? `How much ${cause.resource} does it really need, and which pods of the node use more than they request?`
        : 'How much does it write, and should that be kept?',
    dependsOn: cause.of === 'node' ? [{ kind: 'Node', name: newest.spec.nodeName ?? '' }] : [],
    depth: 1,
  };
}

/** Since it ended; far away where nothing tells. */
function agoMs({ status }: Pod, snapshot: Snapshot): number {
  const ended = status?.containerStatuses?.[0]?.state?.terminated?.finishedAt;
  const time =
    conditionOf(status?.conditions, 'DisruptionTarget')?.lastTransitionTime ?? ended ?? status?.startTime;
  return sinceMs(snapshot, time) ?? Number.POSITIVE_INFINITY;
}

function preemptions(snapshot: Snapshot): Draft<Code>[] {
  const recent = snapshot.events.filter(
    event =>
      event.reason === 'Preempted' &&
      event.involvedObject.kind === 'Pod' &&
      snapshot.nowMs - lastSeenMs(event) < preemptedMs,
  );
  if (recent.length === 0) return [];
  const byWorkload = Map.groupBy(recent, event => workloadOf(event, snapshot));
  return snapshot.podSets.flatMap((set): Draft<Code>[] => {
    const events = byWorkload.get(set.object);
    const [event] = events ?? [];
    if (event === undefined || set.wanted <= set.ready || !isWanted(set)) return [];
    return [
      {
        code: 'PREEMPTED',
        severity: harmTo(set),
        object: refOf(set.object),
        summary: `its pods gave way to pods of a higher priority, and ${set.wanted - set.ready} of ${set.wanted} are missing since`,
        evidence: [
          quoteField('victim', event.involvedObject.name),
          quoteEvent(event),
          quoteField(`${set.at}.priorityClassName`, set.spec.priorityClassName),
        ],
        confidence: 'certain',
        fixes: [],
        question: 'Is its priority right, or where is room for both?',
        // That no node has room is only what follows.
        depth: 3,
      },
    ];
  });
}

/** A victim is gone; what made it is told by its name, as controllers give them. */
function workloadOf(
  { involvedObject: { name = '', namespace = '' } }: Event,
  snapshot: Snapshot,
): KubeObject | undefined {
  const pod = snapshot.find('Pod', { name, namespace });
  if (pod !== undefined) return snapshot.ownerOf(pod);
  const [parent, above] = [withoutLast(name), withoutLast(withoutLast(name))];
  const set = snapshot.find('ReplicaSet', { name: parent, namespace });
  if (set !== undefined) return snapshot.ownerOf(set);
  return (
    snapshot.find('Deployment', { name: above, namespace }) ??
    snapshot.find('StatefulSet', { name: parent, namespace }) ??
    snapshot.find('DaemonSet', { name: parent, namespace }) ??
    snapshot.find('Job', { name: parent, namespace })
  );
}

function withoutLast(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('-')));
}
