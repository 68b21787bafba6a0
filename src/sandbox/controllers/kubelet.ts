import type { Container, Pod } from '../../kubernetes/kinds/pod.ts';
import type { ClusterView, Operation } from './controller.ts';

/*
 * What a kubelet knows of its pods beside their statuses: how long to wait before the next try, what probes answered.
 * It keeps that in memory and forgets it when it starts anew, as a real one does; so does the sandbox when the past
 * that was played for a fresh world hands over to the present.
 */

/** A wait that doubles with every failure. */
export interface BackOff {
  delayMs: number;
  /** The last try. */
  atMs: number;
}

export interface ProbeMemory {
  nextMs: number;
  failures: number;
  successes: number;
  passing: boolean;
}

export type ProbeName = 'startup' | 'liveness' | 'readiness';

export interface ContainerMemory {
  /** Of restarts. */
  crash?: BackOff;
  /** Until when its first start is held back by the pull of its image. */
  pulledMs?: number;
  /** How many of the program's needs the running instance has looked at. */
  checked: number;
  probes: Partial<Record<ProbeName, ProbeMemory>>;
}

export interface PodMemory {
  containers: Map<string, ContainerMemory>;
  /** Of mounts, pulls and starts, by what is tried. */
  tries: Map<string, BackOff>;
  /** Images that it has pulled. */
  pulled: Set<string>;
  /** How many events about the pod may still be told, and since when; isSpent: it told of more than it has a word for. */
  events: { left: number; atMs: number; isSpent: boolean };
  /** Since when its containers have been asked to stop. */
  stoppingFromMs?: number;
}

/** One pod in one moment, on its way to its next status. */
export interface Frame {
  readonly pod: Pod;
  readonly view: ClusterView;
  readonly nowMs: number;
  readonly memory: PodMemory;
  /** Its address, once it has its sandbox. */
  readonly podIP: () => string;
  readonly events: Operation[];
  /** When time alone gives it work. */
  readonly moments: number[];
}

const memories = new WeakMap<ClusterView, Map<string, PodMemory>>();
/** Pods that went without a word leave their memory behind; it is swept when it could be twice what is needed. */
const sweptFrom = 1_000;

export function memoryOf(view: ClusterView, pod: Pod): PodMemory {
  const ofView = memories.get(view) ?? new Map<string, PodMemory>();
  memories.set(view, ofView);
  const uid = pod.metadata.uid ?? '';
  const found = ofView.get(uid);
  if (found !== undefined) return found;
  if (ofView.size >= sweptFrom && ofView.size > 2 * view.list('Pod').length)
    for (const key of ofView.keys()) if (view.withUid(key) === undefined) ofView.delete(key);
  const fresh: PodMemory = {
    containers: new Map(),
    tries: new Map(),
    pulled: new Set(),
    events: { left: eventBurst, atMs: Number.NEGATIVE_INFINITY, isSpent: false },
  };
  ofView.set(uid, fresh);
  return fresh;
}

export function memoryOfContainer({ memory }: Frame, { name }: Container): ContainerMemory {
  const known = memory.containers.get(name) ?? { checked: 0, probes: {} };
  memory.containers.set(name, known);
  return known;
}

/** The wait after one more failure: the first, or twice the last up to the longest. */
export function nextBackOff(
  last: BackOff | undefined,
  { firstMs, longestMs, nowMs }: { firstMs: number; longestMs: number; nowMs: number },
): BackOff {
  return { delayMs: last === undefined ? firstMs : Math.min(2 * last.delayMs, longestMs), atMs: nowMs };
}

/** As many events about one pod a kubelet tells in a row; after them one every five minutes, here only warnings. */
const eventBurst = 25;
const eventEveryMs = 300_000;

interface Words {
  reason: string;
  message: string;
  /** The container that it is about. */
  container?: Container;
}

export function tell(frame: Frame, words: Words): void {
  record(frame, { ...words, type: 'Normal' });
}

export function warn(frame: Frame, words: Words): void {
  record(frame, { ...words, type: 'Warning' });
}

function record(
  { pod, memory, events, nowMs }: Frame,
  { type, reason, message, container }: Words & { type: 'Normal' | 'Warning' },
): void {
  const budget = memory.events;
  const regained = Math.floor((nowMs - budget.atMs) / eventEveryMs);
  if (regained > 0) {
    budget.left = Math.min(eventBurst, budget.left + regained);
    budget.atMs = budget.left === eventBurst ? nowMs : budget.atMs + regained * eventEveryMs;
    if (budget.left > 1) budget.isSpent = false;
  }
  if (budget.left === 0 || (budget.isSpent && type === 'Normal')) return;
  budget.left -= 1;
  if (budget.left === 0) budget.isSpent = true;
  const list = pod.spec.initContainers?.includes(container ?? { name: '' }) ? 'initContainers' : 'containers';
  events.push({
    do: 'event',
    about: pod,
    type,
    reason,
    message,
    from: 'kubelet',
    ...(container === undefined ? {} : { part: `spec.${list}{${container.name}}` }),
  });
}

/** When a failure that goes on has next to be looked at: no more often than it may be told. */
export function nextTellableMs({ memory, nowMs }: Frame, wantedMs: number): number {
  const { left, atMs } = memory.events;
  return left > 0 ? wantedMs : Math.max(wantedMs, atMs + eventEveryMs, nowMs + 1);
}
