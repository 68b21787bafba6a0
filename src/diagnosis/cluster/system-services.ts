import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { statusesIn } from '../../kubernetes/pod-containers.ts';
import { sinceMs, unreadyMs } from '../ages.ts';
import { lastWord } from '../containers/last-words.ts';
import { quoteField, quoteLine } from '../evidence.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';

// What belongs to the cluster lies here in nearly every one.
export const systemNamespace = 'kube-system';
// Restarted or moved, it is back before that.
const startingMs = 120_000;

/** Workloads of the cluster itself by one of their labels, wherever a distribution puts them. */
export function systemSets(snapshot: Snapshot, names: readonly string[]): readonly PodSet[] {
  const labels = ['k8s-app', 'app.kubernetes.io/name', 'app', 'name'];
  return snapshot.podSets.filter(
    set =>
      ['Deployment', 'DaemonSet', 'StatefulSet'].includes(set.object.kind) &&
      labels.some(label => Object.hasOwn(set.labels, label) && names.includes(set.labels[label] ?? '')),
  );
}

/** Whether none of its pods serves, and none is just starting; `idle`: it is to have none. */
export function downState(set: PodSet, snapshot: Snapshot): 'down' | 'idle' | undefined {
  const { object, wanted, ready, pods } = set;
  // A manifest without a status says nothing about who is ready.
  if (object.kind !== 'DaemonSet' && wanted === 0) return 'idle';
  if (object.status === undefined || ready > 0 || wanted === 0) return undefined;
  const isStarting = pods.some(pod => (unreadyMs(pod, snapshot) ?? startingMs) < startingMs);
  const isNew = (sinceMs(snapshot, object.metadata.creationTimestamp) ?? startingMs) < startingMs;
  return isStarting || isNew ? undefined : 'down';
}

/** The last lines of all containers of a set that were read. */
export function linesOf({ pods }: PodSet, snapshot: Snapshot): { container: string; line: string }[] {
  return pods.flatMap(pod =>
    pod.spec.containers.flatMap(({ name }) =>
      (snapshot.logOf(pod, name)?.lines ?? []).map(line => ({ container: name, line })),
    ),
  );
}

/**
 * Above what every crash and every probe says (1), for nobody asks for these programs themselves; below a reason that is
 * known (2), such as an image that does not exist.
 */
export const serviceDepth = 1.5;

/** How the first of its pods that is not ready fares: how a container ended, and its decisive line. */
export function signsOf(set: PodSet, snapshot: Snapshot): string[] {
  const pod = set.pods.find(each => !isReady(each));
  if (pod === undefined) return [];
  const status = statusesIn(pod).find(each => !each.ready);
  if (status === undefined) return [];
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  const word = lastWord(snapshot.logOf(pod, status.name)?.lines ?? []);
  const at = `Pod/${pod.metadata.name} ${status.name}`;
  return [
    ...(ended === undefined
      ? []
      : [quoteField(`${at} ended`, `exit code ${ended.exitCode}, ${status.restartCount} restarts`)]),
    ...(word === undefined ? [] : [quoteLine(status.name, word.line)]),
  ];
}

export function isReady({ status }: Pod): boolean {
  return conditionOf(status?.conditions, 'Ready')?.status === 'True';
}
