import * as z from 'zod';
import type { KubeReader } from '../../clients/kube/reader.ts';
import { limits } from '../../core/limits.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { cleanLine, cleanText } from '../../core/text.ts';
import { ageOf } from '../../kubernetes/duration.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { defineReadTool, type EnvironmentView } from '../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../text-table.ts';
import { type EventGroup, groupEvents } from './event-groups.ts';
import { searchedPlace } from './named-place.ts';
import { notReadFact, notReadLines } from './not-read.ts';
import { replicaSetsOf } from './revisions.ts';
import { namespaceField, refField, toRef } from './schemas.ts';
import { podsOf } from './workload-pods.ts';

// What an answer holds beside its lines: counts, JSON punctuation, the line on what was cut.
const overheadBytes = 1_500;
// A cluster keeps events for an hour; more of them than this is a storm, and its first ones tell as much.
const mostEvents = 20_000;
// The message of a probe or a scheduler says it all in its first sentences.
const messageChars = 400;

/** Shows what the cluster has reported about an object or a namespace, folded, warnings first. */
export const k8sEvents = defineReadTool({
  name: 'k8s_events',
  title: 'Show events',
  description:
    "Show events, warnings first, equal ones folded. Of a workload: its pods' and replica sets' too.",
  input: z.strictObject({
    target: refField.optional().describe('One object.'),
    namespace: namespaceField.describe('Without target. Default: all.'),
    type: z.enum(['Warning', 'Normal']).optional().describe('Only these.'),
    limit: z.int().min(1).max(limits.listPage).default(50).describe('Lines.'),
  }),
  output: z.object({
    counts: z.record(z.string(), z.int()),
    total: z.int(),
    shown: z.int(),
    truncated: z.boolean(),
    notRead: z.array(z.string()).optional(),
  }),

  async read({ target, namespace, type, limit }, context) {
    const { kube, environment, budgetBytes } = context;
    const { events, all, of, unread } =
      target === undefined
        ? await eventsIn(kube, { namespace, type, environment })
        : await eventsOf(kube, { ref: toRef(target), type });
    const groups = groupEvents(events);
    const several = new Set(groups.map(group => group.namespace)).size > 1;
    const nowMs = context.clusterTime().getTime();
    const lines = groups
      .slice(0, limit)
      .map(group => eventLine(group, { several, nowMs, mask: text => context.mask(text) }));
    const shown = fittingRows(lines, budgetBytes - overheadBytes);
    const counts = {
      Warning: occurrences(groups.filter(group => group.warning)),
      Normal: occurrences(groups.filter(group => !group.warning)),
    };
    const truncated = !all || shown.length < groups.length;
    const headline = `events of ${of}: ${counts.Warning} warnings, ${counts.Normal} normal`;
    const header = shown.length === 0 ? [] : [tableHeader(columns)];
    const more = truncated
      ? [`${shown.length} of ${groups.length} shown; narrow by target, namespace or type, or raise limit`]
      : [];
    return {
      data: { counts, total: groups.length, shown: shown.length, truncated, ...notReadFact(unread) },
      text: [headline, ...notReadLines(unread), ...header, ...shown, ...more].join('\n'),
    };
  },
});

const columns = ['last', 'count', 'type', 'object', 'reason', 'message'];

function eventLine(
  group: EventGroup,
  at: { several: boolean; nowMs: number; mask: (text: string) => string },
): string {
  const where = at.several && group.namespace !== undefined ? ` in ${group.namespace}` : '';
  return tableLine([
    ageOf(group.last, at.nowMs),
    `x${group.count}`,
    group.warning ? 'Warning' : 'Normal',
    group.object + where,
    group.reason,
    // Cut when it is masked: how much is left of it would else tell how long a secret in it is.
    cleanLine(at.mask(cleanText(group.message)), messageChars),
  ]);
}

function occurrences(groups: readonly EventGroup[]): number {
  return groups.reduce((sum, group) => sum + group.count, 0);
}

async function eventsIn(
  kube: KubeReader,
  input: {
    namespace: string | undefined;
    type: 'Warning' | 'Normal' | undefined;
    environment: EnvironmentView;
  },
): Promise<Found & { of: string }> {
  const { namespace, environment } = input;
  const found = await readEvents(kube, { namespace, selectors: typeSelector(input.type) });
  if (namespace === undefined) return { ...found, of: environment.name };
  const place = { namespace, environment, found: found.events.length > 0 };
  return { ...found, of: await searchedPlace(kube, place) };
}

/** Events of one object; of a workload also those of what it made, since that is where its troubles show. */
async function eventsOf(
  kube: KubeReader,
  input: { ref: Ref; type: 'Warning' | 'Normal' | undefined },
): Promise<Found & { of: string }> {
  const { kind } = await kube.resolve(input.ref.kind, input.ref.apiVersion);
  // What is gone may still have events.
  const object = await kube.find(input.ref);
  const namespace = object?.metadata.namespace ?? input.ref.namespace;
  // A name that only the caller said would come back masked if it were a known secret, which would answer a guess.
  const of =
    object === undefined
      ? `the ${kind} that was asked for, which does not exist`
      : describeRef(refOf(object));
  const made = object === undefined ? [] : await madeBy(kube, object);
  if (made.length === 0) {
    const own = [`involvedObject.kind=${kind}`, `involvedObject.name=${input.ref.name}`];
    const selectors = [...own, ...typeSelector(input.type)];
    return { of, ...(await readEvents(kube, { namespace, selectors })) };
  }
  const wanted = new Set([`${kind}/${input.ref.name}`, ...made]);
  const found = await readEvents(kube, { namespace, selectors: typeSelector(input.type) });
  const events = ofKind(found.events, 'Event').filter(({ involvedObject }) =>
    wanted.has(`${involvedObject.kind ?? ''}/${involvedObject.name ?? ''}`),
  );
  return { ...found, of, events };
}

const workloadKinds = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'] as const;

/** `Kind/name` of the pods and replica sets under a workload; nothing for other kinds. */
async function madeBy(kube: KubeReader, object: KubeObject): Promise<string[]> {
  if (!workloadKinds.some(kind => isKind(object, kind))) return [];
  const pods = await podsOf(kube, object);
  const sets = isKind(object, 'Deployment') ? await replicaSetsOf(kube, object) : [];
  const owners = pods.flatMap(pod => pod.metadata.ownerReferences ?? []);
  const names = [
    ...pods.map(pod => `Pod/${pod.metadata.name}`),
    ...sets.map(set => `ReplicaSet/${set.metadata.name}`),
    ...owners.map(owner => `${owner.kind}/${owner.name}`),
  ];
  return [...new Set(names)];
}

interface Found {
  events: KubeObject[];
  /** False: there were more than one call reads. */
  all: boolean;
  /** Namespaces of several that may not be read. */
  unread: ReadonlySet<string>;
}

function typeSelector(type: string | undefined): string[] {
  return type === undefined ? [] : [`type=${type}`];
}

async function readEvents(
  kube: KubeReader,
  input: { namespace: string | undefined; selectors: string[] },
): Promise<Found> {
  const events: KubeObject[] = [];
  const unread = new Set<string>();
  const query = {
    kind: 'Event',
    apiVersion: 'v1',
    ...(input.namespace === undefined ? {} : { namespace: input.namespace }),
    ...(input.selectors.length === 0 ? {} : { fieldSelector: input.selectors.join(',') }),
  };
  for await (const page of kube.listAll(query, { unread })) {
    events.push(...page);
    if (events.length > mostEvents) return { events, all: false, unread };
  }
  return { events, all: true, unread };
}
