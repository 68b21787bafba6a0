import type { KubeReader } from '../../clients/kube/reader.ts';
import type { Outcome } from '../../core/outcome.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import type { Health } from '../../kubernetes/health/verdict.ts';
import { healthOf } from '../../kubernetes/health.ts';
import { isKind, type KnownKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { newestPods, type RolloutTrouble, rolloutTrouble } from '../../kubernetes/rollout-trouble.ts';
import { type Effect, effectOf } from './effect.ts';
import { heedChanges } from './heed-changes.ts';
import type { Waiting } from './kind.ts';
import { lookUntil } from './look-until.ts';
import { type Around, eventsAbout, readAround } from './related.ts';

// A bad reading may be a controller that has not looked yet: it must last to be a verdict.
const decisiveMs = 4_000;
// What waits for others, or for a person, is not waited for to the end; for pods of its own plan, until they have come.
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

/** Of those, what is judged by pods that come and go. */
const makers: readonly KnownKind[] = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'];

interface Asking {
  /** Whether it is time to read events. */
  reasons: boolean;
  changedMs: number | undefined;
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
export async function waitHealthy(target: Ref, reader: KubeReader, waiting: Waiting): Promise<Outcome> {
  const { patience, changedMs } = waiting;
  const effect = effectOf(waiting.preview);
  const startedAt = patience.nowMs();
  let since: { what: string; at: number } | undefined;
  return lookUntil(waiting, async ({ unbroken }) => {
    const reasons = patience.nowMs() - startedAt >= reasonsAfterMs;
    const object = await reader.find(target);
    if (object === undefined) return { state: 'failed', evidence: [`${describeRef(target)} is gone.`] };
    const look = await lookAround(object, reader, { reasons, changedMs });
    const { evidence } = look;
    const what = standing(look);
    const now = patience.nowMs();
    if (!unbroken || since?.what !== what) since = { what, at: now };
    const lastedMs = now - since.at;
    const mustLastMs = effect.startsPods ? steadinessOf(look) : 0;
    if (isHealthy(look) && lastedMs >= mustLastMs) return { state: 'verified', evidence };
    const idleForMs = now - Math.max(since.at, waiting.podsCameMs?.() ?? since.at);
    const verdict = verdictOf(look, effect, { lastedMs, idleForMs });
    if (verdict !== undefined) return { state: verdict, evidence };
    return {
      saying: sayingOf(look),
      late: async () => atTheEnd(look),
      heed: () => heedChanges(reader, watchesOf(look)),
    };
  });
}

/** What is in the way is told as soon as it is known, not only at the end. */
function sayingOf({ evidence: [first = ''], trouble }: Look): string {
  return trouble === undefined || tells(first, trouble) ? first : `${first}; ${trouble.text}`;
}

/** Whether a sentence about a workload has what is in the way of its pod. */
function tells(sentence: string, { text }: RolloutTrouble): boolean {
  return sentence.includes(text.slice(text.indexOf(': ') + 2));
}

function atTheEnd(look: Look): string[] {
  if (!isHealthy(look)) return look.evidence;
  return [...look.evidence, 'That was so for too short a time to be called healthy.'];
}

async function lookAround(
  object: KubeObject,
  reader: KubeReader,
  { reasons, changedMs }: Asking,
): Promise<Look> {
  const around = await readAround(object, reader);
  const health = healthOf(object, around.related);
  const first = `${object.kind}/${object.metadata.name}: ${health.reason}`;
  const trouble =
    health.state === 'healthy' ? undefined : await troubleOf(object, reader, { around, reasons, changedMs });
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
  { around, reasons, changedMs }: Asking & { around: Around },
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
    ...(changedMs === undefined ? {} : { changedMs }),
  });
}

function createdAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}

/** A CronJob that was accepted is as it should be: how its last run ended is no effect of a change to it. */
function isHealthy({ object, health }: Look): boolean {
  return health.state === 'healthy' || isKind(object, 'CronJob');
}

/** For how long a workload must look healthy to be so. A job that has ended well has done so for good. */
function steadinessOf({ object, around }: Look): number {
  if (isKind(object, 'Job')) return 0;
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
  { lastedMs, idleForMs }: { lastedMs: number; idleForMs: number },
): 'failed' | 'unverified' | undefined {
  const mayAnswer = answerable.some(kind => isKind(object, kind));
  const ofCreation = trouble?.of === 'creation';
  const answers = ofCreation ? changesSpec : startsPods;
  if (answers && trouble?.lastsMs !== undefined && lastedMs >= trouble.lastsMs) return 'failed';
  // Pods that cannot be made now may be when others have left, and one that ends may do better: trouble tells which.
  const isRestarted = isKind(object, 'Pod') && object.status?.phase !== 'Failed' && trouble !== undefined;
  const degraded = health.state === 'degraded' && !ofCreation && !isRestarted;
  // A workload is degraded for its pods; who only scales it has not begun them.
  const isItsOwn = makers.some(kind => isKind(object, kind)) ? startsPods : changesSpec;
  const patienceMs = isKind(object, 'Job') ? 0 : decisiveMs;
  if (degraded && mayAnswer && isItsOwn) return lastedMs >= patienceMs ? 'failed' : undefined;
  return (degraded || health.state === 'unknown') && idleForMs >= idleMs ? 'unverified' : undefined;
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
