import type { Finding } from '../core/finding.ts';
import { canonicalJson, textOf } from '../core/json.ts';
import { describeRef, type Ref } from '../core/ref.ts';
import { cleanLine } from '../core/text.ts';
import { humanDuration } from '../kubernetes/duration.ts';
import { conditionOf } from '../kubernetes/kinds/condition.ts';
import type { Pod, PodTemplate } from '../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../kubernetes/object.ts';
import { podReferences } from '../kubernetes/pod-references.ts';
import type { PodSet } from './pod-sets.ts';
import { keyOf, type Snapshot } from './snapshot.ts';
import { revisionsOf } from './workloads/revisions.ts';

/*
 * What changed shortly before something began to fail is the first thing that anybody asks, and often the answer: the
 * newest rollout, what wrote to the configuration that the pods read, a change that Vigie recorded.
 */

// What fails later than this after a change seldom fails because of it.
const nearMs = 30 * 60_000;
// Times of the cluster are whole seconds, and of several clocks.
const slackMs = 5_000;
// What was made together with the workload is no change of it.
const installMs = 60_000;
// A change waits this long at most for what it changed to be healthy.
const verifyingMs = 10 * 60_000;
const mostNamed = 3;
const causeChars = 200;

interface Change {
  atMs: number;
  /** `revision 5 (image shop/web:1.4 → 1.5)` */
  what: string;
}

/** Findings that say no more than what is wrong, with what changed just before it began, where something did. */
export function withRecentChanges(findings: readonly Finding[], snapshot: Snapshot): Finding[] {
  const about = setsByObject(snapshot);
  return findings.map(finding => {
    if (finding.cause !== undefined) return finding;
    const sets = about.get(keyOf(finding.object)) ?? [];
    const began = Math.min(
      ...sets.flatMap(({ pods }) => pods.flatMap(pod => firstSignMs(pod, snapshot) ?? [])),
    );
    if (!Number.isFinite(began)) return finding;
    const changes = [
      ...recorded([finding.object, ...sets.map(({ object }) => refOf(object))], { began, snapshot }),
      ...sets.flatMap(set => [...rollouts(set, snapshot), ...writes(set, snapshot)]),
    ].filter(({ atMs }) => atMs <= began + slackMs && began - atMs <= nearMs);
    const [newest] = changes.toSorted((a, b) => b.atMs - a.atMs);
    if (newest === undefined) return finding;
    const afterMs = began - newest.atMs;
    // Times are written to the second: what shows in the same one came with it.
    const after = afterMs < 1_000 ? 'with' : `${humanDuration(afterMs)} after`;
    return { ...finding, cause: cleanLine(`began ${after} ${newest.what}`, causeChars) };
  });
}

/** Whose pods show that something is wrong with an object: its own, or those that read it. */
function setsByObject(snapshot: Snapshot): Map<string, PodSet[]> {
  const sets = new Map<string, PodSet[]>();
  const add = (ref: Ref, set: PodSet) => {
    const list = sets.get(keyOf(ref));
    if (list === undefined) sets.set(keyOf(ref), [set]);
    else list.push(set);
  };
  for (const set of snapshot.podSets) {
    if (set.pods.length === 0) continue;
    add(refOf(set.object), set);
    for (const { kind, name } of podReferences(set.spec)) add({ kind, name, namespace: set.namespace }, set);
  }
  return sets;
}

/** When a pod that is not well first said so; undefined: it is well. */
function firstSignMs(pod: Pod, snapshot: Snapshot): number | undefined {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status === 'True' || pod.status?.phase === 'Succeeded') return undefined;
  const warnings = snapshot
    .eventsFor(refOf(pod))
    .filter(({ type }) => type === 'Warning')
    .map(({ firstTimestamp, eventTime }) => Date.parse(firstTimestamp ?? eventTime ?? ''));
  const times = [...warnings, Date.parse(ready?.lastTransitionTime ?? '')].filter(ms => !Number.isNaN(ms));
  const made = Date.parse(pod.metadata.creationTimestamp ?? '');
  if (times.length === 0) return Number.isNaN(made) ? undefined : made;
  return Math.min(...times);
}

/** The newest rollout, where the workload had another template before. */
function rollouts({ object }: PodSet, snapshot: Snapshot): Change[] {
  const [newest, before] = revisionsOf(object, snapshot);
  if (newest?.madeAt === undefined || before === undefined) return [];
  const atMs = Date.parse(newest.madeAt);
  if (Number.isNaN(atMs)) return [];
  return [{ atMs, what: `revision ${newest.revision} (${differenceOf(before.spec, newest.spec)})` }];
}

function differenceOf(before: PodTemplate['spec'], after: PodTemplate['spec']): string {
  const own = after.containers.flatMap(container => {
    const old = before.containers.find(({ name }) => name === container.name);
    if (old === undefined) return [`container ${container.name} is new`];
    const image =
      old.image === container.image
        ? []
        : [`image ${old.image ?? ''} → ${shortOf(container.image ?? '', old.image ?? '')}`];
    return [
      ...image,
      ...envBetween(old.env, container.env),
      ...membersBetween(old, container, ['image', 'env', 'name']),
    ];
  });
  const gone = before.containers.filter(({ name }) => !after.containers.some(each => each.name === name));
  const all = [
    ...own,
    ...gone.map(({ name }) => `container ${name} is gone`),
    ...membersBetween(before, after, ['containers']),
  ];
  if (all.length === 0) return 'its labels or annotations';
  return `${all.slice(0, mostNamed).join(', ')}${all.length > mostNamed ? ' and more' : ''}`;
}

/** The tag alone, where nothing else of the image is other. */
function shortOf(image: string, before: string): string {
  const colon = image.lastIndexOf(':');
  const repository = image.slice(0, colon + 1);
  return colon > 0 && !image.slice(colon).includes('/') && before.startsWith(repository)
    ? image.slice(colon + 1)
    : image;
}

/** Variables by name alone: what they hold may be secret. */
function envBetween(before: readonly object[] = [], after: readonly object[] = []): string[] {
  const named = (list: readonly object[]) =>
    new Map(list.map(each => [textOf(each, 'name'), canonicalJson(each)]));
  const [old, now] = [named(before), named(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter(name => old.get(name) !== now.get(name))
    .map(name => `env ${name}`);
}

function membersBetween(before: object, after: object, except: readonly string[]): string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...old.keys(), ...now.keys()])].filter(
    name =>
      !except.includes(name) && canonicalJson(old.get(name) ?? null) !== canonicalJson(now.get(name) ?? null),
  );
}

/** The newest write to each ConfigMap and Secret that the pods read. */
function writes({ object, spec, namespace }: PodSet, snapshot: Snapshot): Change[] {
  const installed = Date.parse(object.metadata.creationTimestamp ?? '');
  return podReferences(spec).flatMap(({ kind, name }): Change[] => {
    const read = snapshot.get({ kind, name, namespace });
    const last = read === undefined || kind === 'PersistentVolumeClaim' ? undefined : lastWrite(read);
    if (last === undefined || !(last.atMs > installed + installMs)) return [];
    const by = last.manager === '' ? '' : ` (by ${last.manager})`;
    return [{ atMs: last.atMs, what: `${kind}/${name} was written${by}` }];
  });
}

function lastWrite({ metadata }: KubeObject): { atMs: number; manager: string } | undefined {
  const times = (metadata.managedFields ?? [])
    .map(entry => ({ atMs: Date.parse(textOf(entry, 'time')), manager: textOf(entry, 'manager') }))
    .filter(({ atMs }) => !Number.isNaN(atMs));
  const made = Date.parse(metadata.creationTimestamp ?? '');
  const all = Number.isNaN(made) ? times : [...times, { atMs: made, manager: '' }];
  // Of the creation and the write that it was, the write names who it was.
  return all.toSorted((a, b) => b.atMs - a.atMs || (a.manager === '' ? 1 : -1))[0];
}

/** The changes that Vigie made to one of the objects. */
function recorded(
  objects: readonly Ref[],
  { began, snapshot }: { began: number; snapshot: Snapshot },
): Change[] {
  const keys = new Set(objects.map(keyOf));
  return snapshot.changes.flatMap(({ id, tool, summary, targets, startedAt, finishedAt }): Change[] => {
    const target = targets.find(each => keys.has(keyOf(each)));
    const [started, finished] = [Date.parse(startedAt), Date.parse(finishedAt)];
    if (target === undefined || Number.isNaN(finished)) return [];
    // It was made before it was verified, and what it broke may have shown in between. What began later is a repair.
    const isVerifying = started <= began && finished > began && finished - began <= verifyingMs;
    const what = `change ${id} (${tool} on ${describeRef(target)}: ${summary})`;
    return [{ atMs: isVerifying ? began : finished, what }];
  });
}
