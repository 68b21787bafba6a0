import { isObject } from '../core/json.ts';
import { isUnobserved } from './health/verdict.ts';
import { conditionOf } from './kinds/condition.ts';
import type { Event } from './kinds/event.ts';
import type { ContainerStatus, Pod } from './kinds/pod.ts';
import { isKind, ofKind } from './kinds.ts';
import type { KubeObject } from './object.ts';
import { isReady } from './pod-readiness.ts';
import { describeTrouble, type PodTrouble, podTrouble } from './pod-trouble.ts';
import { probeLastsMs } from './readiness-refusal.ts';

/*
 * Why a rollout does not get on, and whether it ever will. A verdict takes a change back, so what may pass by itself is
 * only told: one crash or two, a pod that waits for room which others are leaving, a volume that is being made, a failing
 * readiness probe. What needs somebody to change something is a verdict once it has lasted: also a claim that does not
 * exist, and a probe whose answer does not change by waiting.
 */

/** One thing that is in the way. */
export interface RolloutTrouble {
  /** One line for a person, with the object it is about. */
  text: string;
  /** Pods that are there and do not run, or that the server does not let the workload make. */
  of: 'pods' | 'creation';
  /** How long it must last, while nothing else moves, to be a verdict; absent: it never is one. */
  lastsMs?: number;
}

// A bad reading may be a controller or kubelet that has not looked yet.
const settledMs = 4_000;
// Room and quota may come free when something else ends.
const crowdedMs = 15_000;
// A registry that is down for a moment; the kubelet tries again after 10 s, and then after 20 s.
const registryMs = 40_000;
// The kubelet restarts once without a pause, then after 10 s: whoever only waits for a peer is up by the third start.
const decisiveRestarts = 2;

// Events are of whole seconds, and the answer to a write may be dated a second after what it has set off.
const roundedMs = 1_000;

/** What stops a container until somebody changes something. */
const lasting = new Set([
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** How a container ends that could not even be started. */
const neverStarted = new Set(['StartError', 'ContainerCannotRun']);

/** What trouble is judged by. */
interface Seen {
  /** The pods of the workload, its replica sets, and the events about it and them. */
  related: readonly KubeObject[];
  /** False where events may not be read, so that what only an event could excuse is no verdict. */
  eventsSeen: boolean;
  /** When the workload was changed, by the clock of the cluster; absent: an old event cannot be told from a new one, and none counts. */
  changedMs?: number;
}

/** The gravest trouble of what a workload makes now; none while its controller has not seen what it is to make. */
export function rolloutTrouble(
  object: KubeObject,
  { related, eventsSeen, changedMs }: Seen,
): RolloutTrouble | undefined {
  if (isBehind(object)) return undefined;
  const events = ofKind(related, 'Event');
  const pods = ofKind(related, 'Pod');
  const makesRoom = pods.some(pod => pod.metadata.deletionTimestamp !== undefined);
  const newest = newestPods(object, related);
  const noneReady = !newest.some(isReady);
  const troubles = [
    ...newest.flatMap(pod => troubleOf(pod, { object, events, eventsSeen, makesRoom, noneReady }) ?? []),
    ...notCreated(object, { events: events.filter(event => isSince(event, changedMs)), makesRoom }),
  ];
  return troubles.toSorted((a, b) => weight(a) - weight(b))[0];
}

/** Until its controller has looked, what is there is what the change replaces. */
function isBehind(object: KubeObject): boolean {
  const observes = (['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'] as const).some(kind =>
    isKind(object, kind),
  );
  const { status } = object;
  const observed = isObject(status) ? status['observedGeneration'] : undefined;
  return observes && isUnobserved(object, typeof observed === 'number' ? observed : undefined);
}

function weight({ lastsMs }: RolloutTrouble): number {
  return lastsMs ?? Number.POSITIVE_INFINITY;
}

/** The pods of the revision that the workload wants now; older ones may be what is being replaced. */
export function newestPods(object: KubeObject, related: readonly KubeObject[]): Pod[] {
  const pods = ofKind(related, 'Pod').filter(pod => pod.metadata.deletionTimestamp === undefined);
  const wanted = wantedRevision(object, related);
  if (wanted !== undefined) return pods.filter(pod => revisionOf(pod) === wanted);
  if (!hasBegun(object)) return [];
  const youngest = pods.toSorted((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1))[0];
  return youngest === undefined ? [] : pods.filter(pod => revisionOf(pod) === revisionOf(youngest));
}

/** Undefined where the cluster does not tell, or the reader may not see it. */
function wantedRevision(object: KubeObject, related: readonly KubeObject[]): string | undefined {
  if (isKind(object, 'StatefulSet')) return object.status?.updateRevision;
  if (!isKind(object, 'Deployment')) return undefined;
  const sets = ofKind(related, 'ReplicaSet').filter(set =>
    set.metadata.ownerReferences?.some(owner => owner.uid === object.metadata.uid),
  );
  const newest = sets.toSorted((a, b) => rolloutOf(b) - rolloutOf(a))[0];
  return newest?.metadata.labels?.['pod-template-hash'];
}

/** Whether the youngest pods can be those of the wanted revision: of a DaemonSet and a Deployment their count tells. */
function hasBegun(object: KubeObject): boolean {
  if (isKind(object, 'DaemonSet')) return (object.status?.updatedNumberScheduled ?? 0) > 0;
  if (isKind(object, 'Deployment')) return (object.status?.updatedReplicas ?? 0) > 0;
  return true;
}

function rolloutOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

function revisionOf({ metadata: { labels } }: KubeObject): string | undefined {
  return labels?.['pod-template-hash'] ?? labels?.['controller-revision-hash'];
}

function createdAt(pod: Pod): string {
  return pod.metadata.creationTimestamp ?? '';
}

interface Standing {
  object: KubeObject;
  events: readonly Event[];
  eventsSeen: boolean;
  makesRoom: boolean;
  noneReady: boolean;
}

function troubleOf(pod: Pod, at: Standing): RolloutTrouble | undefined {
  const name = `Pod/${pod.metadata.name}`;
  const events = at.events.filter(event => event.involvedObject.uid === pod.metadata.uid);
  const trouble = podTrouble(pod);
  if (trouble !== undefined) {
    const lastsMs = lastsOf(trouble, { pod, events, at });
    return {
      text: `${name}: ${describeTrouble(trouble)}`,
      of: 'pods',
      ...(lastsMs === undefined ? {} : { lastsMs }),
    };
  }
  if (isReady(pod)) return undefined;
  const mounted = hasMounted(pod, events);
  const warning = latestOf(
    events.filter(
      ({ type, reason }) => type === 'Warning' && !(mounted && beforeContainers.has(reason ?? '')),
    ),
  );
  if (warning === undefined) return undefined;
  const missing = warning.reason === 'FailedMount' && isMissing.test(warning.message ?? '');
  const lastsMs = missing ? crowdedMs : at.noneReady ? probeLastsMs(pod, warning) : undefined;
  return {
    text: `${name}: ${describeEvent(warning)}`,
    of: 'pods',
    ...(lastsMs === undefined ? {} : { lastsMs }),
  };
}

/** What a volume or a pod names and is not there; the kubelet has words of its own for a key. */
const isMissing = /not found|non-existent (?:config|secret) key/;
const missingClaim = /persistentvolumeclaim "[^"]*" not found/;

/** What the kubelet is past once it has volumes and a sandbox; its last warning of them stays for an hour. */
const beforeContainers = new Set([
  'FailedScheduling',
  'FailedAttachVolume',
  'FailedMount',
  'FailedCreatePodSandBox',
]);

/** What it says of images and containers, which come after that. */
const ofContainers = new Set(['Pulling', 'Pulled', 'Created', 'Started']);

function hasMounted({ status }: Pod, events: readonly Event[]): boolean {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const hasRun = all.some(
    ({ state, lastState }) => (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined,
  );
  return hasRun || events.some(({ reason }) => ofContainers.has(reason ?? ''));
}

function lastsOf(
  trouble: PodTrouble,
  { pod, events, at }: { pod: Pod; events: readonly Event[]; at: Standing },
): number | undefined {
  const { reason, message } = trouble;
  if (lasting.has(reason)) return settledMs;
  if (reason === 'ImagePullBackOff' || reason === 'ErrImagePull') {
    const said = [message, ...events.filter(event => event.reason === 'Failed').map(event => event.message)];
    return said.some(text => mayPass.test(text ?? '')) ? registryMs : settledMs;
  }
  if (reason === 'CrashLoopBackOff') {
    // A Job counts its own tries and says when they are used up.
    if (isKind(at.object, 'Job')) return undefined;
    const status = statusOf(pod, trouble.container);
    const ended = status?.lastState?.terminated?.reason ?? '';
    const often = (status?.restartCount ?? 0) >= decisiveRestarts;
    return often || neverStarted.has(ended) ? settledMs : undefined;
  }
  if (reason === 'Unschedulable') {
    const scalesUp = events.some(event => event.reason === 'TriggeredScaleUp');
    const preempts = pod.status?.nominatedNodeName !== undefined && pod.status.nominatedNodeName !== '';
    // Nobody makes a claim that a pod names but whoever wrote the pod.
    if (missingClaim.test(message)) return crowdedMs;
    const waits = scalesUp || preempts || at.makesRoom || !at.eventsSeen || /volume/i.test(message);
    return waits ? undefined : crowdedMs;
  }
  return undefined;
}

// What registries and networks say when they will do better in a moment.
const mayPass =
  /time-?out|timed out|temporar|try again|connection (?:refused|reset)|too ?many ?requests|\b(?:429|50[0234])\b|no such host|i\/o|EOF|TLS handshake/i;

function statusOf(pod: Pod, container: string | undefined): ContainerStatus | undefined {
  const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return all.find(status => status.name === container);
}

/** Pods that the server does not let the workload make: a quota, a policy, an admission webhook. */
function notCreated(
  object: KubeObject,
  { events, makesRoom }: { events: readonly Event[]; makesRoom: boolean },
): RolloutTrouble[] {
  const why = whyNotCreated(object, events);
  if (why === undefined) return [];
  const text = `${object.kind}/${object.metadata.name}: pods cannot be created: ${why}`;
  return [{ text, of: 'creation', ...(makesRoom ? {} : { lastsMs: crowdedMs }) }];
}

/** Two kinds say it in their status, for as long as it holds; of the others only an event tells. */
function whyNotCreated(object: KubeObject, events: readonly Event[]): string | undefined {
  if (isKind(object, 'Deployment') || isKind(object, 'ReplicaSet')) {
    const failure = conditionOf(object.status?.conditions, 'ReplicaFailure');
    return failure?.status === 'True' ? (failure.message ?? '') : undefined;
  }
  const { uid } = object.metadata;
  return latestOf(
    events.filter(({ involvedObject, reason }) => reason === 'FailedCreate' && involvedObject.uid === uid),
  )?.message;
}

/** Whether an event was last seen after the change. */
function isSince(event: Event, changedMs: number | undefined): boolean {
  return changedMs !== undefined && Date.parse(timeOf(event)) >= changedMs - roundedMs;
}

function latestOf(events: readonly Event[]): Event | undefined {
  return events.toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1)).at(-1);
}

function timeOf({ eventTime, lastTimestamp, series }: Event): string {
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? '';
}

const messageChars = 300;

function describeEvent({ reason, message }: Event): string {
  const line = (message ?? '').replace(/\s+/g, ' ').trim();
  return `${reason ?? ''}: ${line.length > messageChars ? `${line.slice(0, messageChars - 1)}…` : line}`;
}
