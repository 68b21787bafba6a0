import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import type { Outcome } from '../../core/outcome.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import type { Health } from '../../kubernetes/health/verdict.ts';
import { healthOf } from '../../kubernetes/health.ts';
import { isKind, type KnownKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { newestPods, type RolloutTrouble, rolloutTrouble } from '../../kubernetes/rollout-trouble.ts';
import { type Heeding, heedChanges } from './heed-changes.ts';
import type { Waiting } from './kind.ts';
import { type Around, eventsAbout, readAround } from './related.ts';

const firstPauseMs = 200;
const longestPauseMs = 2_000;
// A bad reading may be a controller that has not looked yet: it must last to be a verdict.
const decisiveMs = 4_000;
// What waits for others, or for a person, is not waited for to the end.
const idleMs = 10_000;
// A container without a readiness probe is ready as soon as it runs, also one that ends in the next moment; one that has
// ended before starts again after 10 s.
const steadyMs = { first: 2_000, again: 11_000 };
// A start is over by then more often than not, and nobody asks for reasons.
const reasonsAfterMs = 1_500;

/** Whose bad state a change of their spec answers for; the others wait for something that is not theirs. */
const answerable: readonly KnownKind[] = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Pod',
  'Job',
  'CustomResourceDefinition',
  'PersistentVolumeClaim',
];

/** What a change does to its target, as far as it has to answer for how that gets on. */
export interface Effect {
  /** It makes new pods: trouble of the newest ones is its own, and no rollout will get past it. */
  startsPods: boolean;
  /** It changes what the target is to do: a bad state of it is its own. */
  changesSpec: boolean;
}

/** What one look found. */
interface Look {
  object: KubeObject;
  health: Health;
  around: Around;
  trouble: RolloutTrouble | undefined;
  evidence: string[];
}

/** Looks at a target until it is healthy, is decidedly not, or the time is over; woken by changes where it may watch. */
export async function waitHealthy(
  target: Ref,
  reader: KubeReader,
  waiting: Waiting & Effect,
): Promise<Outcome> {
  const startedAt = Date.now();
  let pause = firstPauseMs;
  let since: { what: string; at: number } | undefined;
  let said = '';
  let heeding: Heeding | undefined;
  try {
    for (;;) {
      const ms = Math.max(0, Math.min(pause, waiting.deadlineMs - Date.now()));
      pause = Math.min(pause * 1.6, longestPauseMs);
      const reasons = Date.now() - startedAt >= reasonsAfterMs;
      const look = await lookAt(target, reader, { deadlineMs: waiting.deadlineMs, reasons });
      if (look === 'gone') return { state: 'failed', evidence: [`${describeRef(target)} is gone.`] };
      if (look === 'not now') {
        since = undefined;
        await sleep(ms, undefined, { signal: waiting.signal });
        continue;
      }
      const { evidence } = look;
      const what = standing(look);
      if (since?.what !== what) since = { what, at: Date.now() };
      const lastedMs = Date.now() - since.at;
      const mustLastMs = waiting.startsPods ? steadinessOf(look) : 0;
      if (isHealthy(look) && lastedMs >= mustLastMs) return { state: 'verified', evidence };
      const verdict = verdictOf(look, waiting, lastedMs);
      if (verdict !== undefined) return { state: verdict, evidence };
      if (Date.now() >= waiting.deadlineMs) return { state: 'unverified', evidence: atTheEnd(look) };
      const [line = ''] = evidence;
      if (line !== said) waiting.progress(line);
      said = line;
      heeding ??= heedChanges(reader, watchesOf(look));
      await heeding.next({ ms, signal: waiting.signal });
    }
  } finally {
    heeding?.stop();
  }
}

function atTheEnd(look: Look): string[] {
  if (!isHealthy(look)) return look.evidence;
  return [...look.evidence, 'That was so for too short a time to be called healthy.'];
}

/** `not now`: the cluster could not be asked, and there is time to ask again. */
async function lookAt(
  target: Ref,
  reader: KubeReader,
  { deadlineMs, reasons }: { deadlineMs: number; reasons: boolean },
): Promise<Look | 'gone' | 'not now'> {
  try {
    const object = await reader.find(target);
    return object === undefined ? 'gone' : await lookAround(object, reader, { reasons });
  } catch (error) {
    const passes = error instanceof VigieError && error.retryable && Date.now() < deadlineMs;
    if (!passes) throw error;
    return 'not now';
  }
}

async function lookAround(
  object: KubeObject,
  reader: KubeReader,
  { reasons }: { reasons: boolean },
): Promise<Look> {
  const around = await readAround(object, reader);
  const health = healthOf(object, around.related);
  const first = `${object.kind}/${object.metadata.name}: ${health.reason}`;
  const trouble =
    health.state === 'healthy' ? undefined : await troubleOf(object, reader, { around, reasons });
  const unseen = [...new Set(around.unseen)];
  const evidence = [
    first,
    ...(trouble === undefined || first.includes(trouble.text) ? [] : [trouble.text]),
    ...(unseen.length === 0
      ? []
      : [`Not checked, since these credentials may not see them: ${unseen.join(', ')}.`]),
  ];
  return { object, health, around, trouble, evidence };
}

/** What is in the way, with the events about it once it lasts. */
async function troubleOf(
  object: KubeObject,
  reader: KubeReader,
  { around, reasons }: { around: Around; reasons: boolean },
): Promise<RolloutTrouble | undefined> {
  if (around.pods === undefined && !isKind(object, 'Pod')) return undefined;
  if (!reasons) return rolloutTrouble(object, { related: around.related, eventsSeen: false });
  const pods = newestPods(object, around.related);
  const stuck = pods.find(pod => pod.status?.phase === 'Pending') ?? pods[0];
  const sets = around.related.filter(related => isKind(related, 'ReplicaSet'));
  const newest = sets.toSorted((a, b) => createdAt(b) - createdAt(a))[0];
  const about = [object, ...(newest === undefined ? [] : [newest]), ...(stuck === undefined ? [] : [stuck])];
  const events = await eventsAbout(about, reader);
  if (events === undefined) around.unseen.push('events');
  return rolloutTrouble(object, {
    related: [...around.related, ...(events ?? [])],
    eventsSeen: events !== undefined,
  });
}

function createdAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}

/** A CronJob that was accepted is as it should be: how its last run ended is no effect of a change to it. */
function isHealthy({ object, health }: Look): boolean {
  return health.state === 'healthy' || isKind(object, 'CronJob');
}

/** For how long a workload must look healthy to be so. */
function steadinessOf({ object, around }: Look): number {
  const needs = newestPods(object, around.related).map(({ spec, status }) => {
    const probed = spec.containers.every(container => container.readinessProbe !== undefined);
    const restarted = (status?.containerStatuses ?? []).some(each => each.restartCount > 0);
    return restarted ? steadyMs.again : probed ? 0 : steadyMs.first;
  });
  return Math.max(0, ...needs);
}

/** What must stand still for a verdict: counts that move are a rollout that gets on. */
function standing({ object, health, trouble }: Look): string {
  const counts = Object.entries(object['status'] ?? {}).filter(([, value]) => typeof value === 'number');
  const bad = trouble?.lastsMs !== undefined;
  return JSON.stringify([health.state, bad, counts.filter(([name]) => moving.has(name))]);
}

const moving = new Set([
  'updatedReplicas',
  'availableReplicas',
  'updatedNumberScheduled',
  'numberAvailable',
  'succeeded',
]);

/** Undefined: not yet. */
function verdictOf(
  { object, health, trouble }: Look,
  { startsPods, changesSpec }: Effect,
  lastedMs: number,
): 'failed' | 'unverified' | undefined {
  const mayAnswer = answerable.some(kind => isKind(object, kind));
  const ofCreation = trouble?.of === 'creation';
  const answers = ofCreation ? changesSpec : startsPods;
  if (answers && trouble?.lastsMs !== undefined && lastedMs >= trouble.lastsMs) return 'failed';
  // Pods that cannot be made now may be when others have left, and one that ends may do better: trouble tells which.
  const isRestarted = isKind(object, 'Pod') && object.status?.phase !== 'Failed' && trouble !== undefined;
  const degraded = health.state === 'degraded' && !ofCreation && !isRestarted;
  if (degraded && mayAnswer && changesSpec) return lastedMs >= decisiveMs ? 'failed' : undefined;
  return (degraded || health.state === 'unknown') && lastedMs >= idleMs ? 'unverified' : undefined;
}

function watchesOf({ object, around }: Look) {
  const { namespace, name, resourceVersion } = object.metadata;
  const { kind, apiVersion } = object;
  const place = namespace === undefined ? {} : { namespace };
  const own = {
    kind,
    apiVersion,
    name,
    ...place,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  if (around.pods === undefined) return [own];
  return [own, { kind: 'Pod', apiVersion: 'v1', ...place, ...around.pods }];
}
