import { type Json, plainText } from '../../../core/json.ts';
import { lastSeenMs } from '../../../kubernetes/event-times.ts';
import { endOfJob } from '../../../kubernetes/job-end.ts';
import type { Job } from '../../../kubernetes/kinds/batch.ts';
import type { Event } from '../../../kubernetes/kinds/event.ts';
import type { StateTerminated } from '../../../kubernetes/kinds/pod.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { controllerOf } from '../../../kubernetes/owners.ts';
import { readQuantity } from '../../../kubernetes/quantities.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { declaredIn, type Instance, instancesOf } from '../../containers/instances.ts';
import { leakApartMs, loopOf } from '../../containers/restarts.ts';
import { startCause } from '../../containers/start-cause.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { madeBy } from '../../made-by.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';
import { wayBack } from '../../workloads/roll-back.ts';

/** A node that once had no memory left has it again when what was killed is gone: what happened half an hour ago is over. */
const nodeRecentMs = 1_800_000;

/** The log of a kernel and the status of a container are written a few seconds apart. */
const sameKillMs = 15_000;

/** Containers killed for their memory limit, and nodes without memory. A kill that stayed the only one is none. */
export const outOfMemoryAnalyzer = defineAnalyzer({
  id: 'out-of-memory',
  needs: [...podSetKinds, 'Node', 'Event', 'ControllerRevision'],
  codes: {
    OUT_OF_MEMORY: {
      row: 'out-of-memory',
      means: 'A container is killed because it wants more memory than its limit.',
      decided:
        'Its last end has the reason OOMKilled (or is a kill that the kernel of its node told of at that time: likely) and it is down, restarts again and again, or will not be started again. A single kill after which it runs on is none.',
      fixed:
        'A higher limit (the revision before, where it was higher and runs), or a program that needs less.',
    },
    NODE_OUT_OF_MEMORY: {
      row: 'out-of-memory',
      means: 'A node ran out of memory and its kernel killed processes.',
      decided: 'An event SystemOOM about the node within half an hour.',
      fixed: 'Memory requests that say what pods need, or larger nodes.',
    },
  },

  analyze(snapshot) {
    const containers = snapshot.podSets.flatMap(set => {
      const kills = instancesIn(set, snapshot).flatMap(instance => killOf(instance, snapshot) ?? []);
      const byContainer = Map.groupBy(kills, ({ instance }) => instance.container.name);
      return [...byContainer.values()].map(group => containerDraft(group, { set, snapshot }));
    });
    return [...containers, ...snapshot.of('Node').flatMap(node => nodeDraft(refOf(node), snapshot) ?? [])];
  },
});

type Code = 'OUT_OF_MEMORY' | 'NODE_OUT_OF_MEMORY';

interface Kill {
  instance: Instance;
  end: StateTerminated;
  down: boolean;
  /** What the kernel of the node told; absent: the container's own status says it. */
  told?: Event;
}

/** Of a Job that failed, and of a CronJob whose last run did, the pods of that run tell why. */
function instancesIn(set: PodSet, snapshot: Snapshot): Instance[] {
  const run = lastRunOf(set.object, snapshot);
  if (run === undefined || endOfJob(run)?.type !== 'Failed') return instancesOf(set, snapshot);
  const pods = set.pods.filter(pod => run === set.object || controllerOf(pod)?.uid === run.metadata.uid);
  return pods.flatMap(pod =>
    declaredIn(pod.spec, set.at).flatMap(declared => {
      const status = pod.status?.containerStatuses?.find(({ name }) => name === declared.container.name);
      return status === undefined ? [] : [{ ...declared, pod, status }];
    }),
  );
}

function lastRunOf(object: KubeObject, snapshot: Snapshot): Job | undefined {
  if (isKind(object, 'Job')) return object;
  if (!isKind(object, 'CronJob')) return undefined;
  return madeBy(object, { kind: 'Job', snapshot }).toSorted((a, b) => startedMs(b) - startedMs(a))[0];
}

function startedMs({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}

function killOf(instance: Instance, snapshot: Snapshot): Kill | undefined {
  const { state, lastState } = instance.status;
  const end = state?.terminated ?? lastState?.terminated;
  if (end === undefined) return undefined;
  const told = isForMemory(end) ? undefined : kernelWord(instance, { end, snapshot });
  if (told === undefined && !isForMemory(end)) return undefined;
  const loop = loopOf(instance, { snapshot, apartMs: leakApartMs });
  if (loop !== undefined) return { instance, end, down: loop.down, ...(told === undefined ? {} : { told }) };
  if (told !== undefined) return undefined;
  // Down right now, or for good.
  return state?.running === undefined ? { instance, end, down: true } : undefined;
}

/** A runtime may not tell why a process was killed, where it was not the first of its container; the kernel's log does. */
function kernelWord(
  { pod, container }: Instance,
  { end, snapshot }: { end: StateTerminated; snapshot: Snapshot },
): Event | undefined {
  if (end.exitCode !== 137 || container.resources?.limits?.['memory'] === undefined) return undefined;
  const endMs = Date.parse(end.finishedAt ?? '');
  return snapshot
    .eventsFor({ kind: 'Node', name: pod.spec.nodeName ?? '' })
    .find(
      event =>
        event.reason === 'OOMKilling' &&
        /memory cgroup out of memory/i.test(event.message ?? '') &&
        Math.abs(lastSeenMs(event) - endMs) <= sameKillMs,
    );
}

/** A limit can be too low even for the runtime's own first steps. */
function isForMemory({ reason, message = '' }: StateTerminated): boolean {
  return reason === 'OOMKilled' || (reason === 'StartError' && startCause(message) === 'memory');
}

function containerDraft(
  kills: readonly Kill[],
  { set, snapshot }: { set: PodSet; snapshot: Snapshot },
): Draft<Code> {
  const [first] = kills;
  if (first === undefined) throw new RangeError('a group has a member');
  const { container, at, part, pod, status } = first.instance;
  const limit = container.resources?.limits?.['memory'];
  const fixes = wayBack(set.object, {
    snapshot,
    without: spec =>
      declaredIn(spec, '').every(
        each =>
          each.container.name !== container.name ||
          isMore(each.container.resources?.limits?.['memory'], limit),
      ),
  });
  const who = part === 'main' ? container.name : `${part} container ${container.name}`;
  return {
    code: 'OUT_OF_MEMORY',
    severity: kills.some(({ down }) => down) ? harmTo(set) : 'warning',
    object: refOf(set.object),
    summary:
      limit === undefined
        ? `${who} is killed because its node or pod has no memory left; it has no limit of its own`
        : `${who} needs more memory than its limit of ${plainText(limit)} and is killed for it${kills.length > 1 ? `, in ${kills.length} pods` : ''}`,
    evidence: [
      quoteField(`${at}.resources.limits.memory`, limit),
      quoteField(
        `Pod/${pod.metadata.name} ${container.name} lastState.terminated`,
        `${first.end.reason ?? 'OOMKilled'}, exit code ${first.end.exitCode}, restartCount ${status.restartCount}`,
      ),
      ...(first.told === undefined ? [] : [quoteEvent(first.told)]),
    ],
    confidence: first.told === undefined ? 'certain' : 'likely',
    fixes,
    ...(fixes.length > 0
      ? {}
      : {
          question: `How much memory does ${container.name} need? It used all of ${limit === undefined ? 'what there was' : plainText(limit)}.`,
        }),
    depth: 2,
  };
}

/** No limit is more than any. */
function isMore(other: Json | undefined, limit: Json | undefined): boolean {
  if (limit === undefined) return false;
  if (other === undefined) return true;
  const [a, b] = [quantityOf(other), quantityOf(limit)];
  return a !== undefined && b !== undefined && a > b;
}

function quantityOf(value: Json): bigint | undefined {
  return typeof value === 'string' || typeof value === 'number' ? readQuantity(value) : undefined;
}

function nodeDraft(node: { kind: string; name: string }, snapshot: Snapshot): Draft<Code> | undefined {
  const told = snapshot.eventsFor(node).find(({ reason }) => reason === 'SystemOOM');
  if (told === undefined || snapshot.nowMs - lastSeenMs(told) > nodeRecentMs) return undefined;
  return {
    code: 'NODE_OUT_OF_MEMORY',
    severity: 'warning',
    object: node,
    summary: `${node.name} ran out of memory, and its kernel killed processes`,
    evidence: [quoteEvent(told)],
    confidence: 'certain',
    fixes: [],
    question: 'Which of its pods use more memory than they request?',
    depth: 1,
  };
}
