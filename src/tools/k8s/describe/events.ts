import { ageOf } from '../../../kubernetes/duration.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { type EventGroup, groupEvents } from '../event-groups.ts';
import { inNamespaceOf, type Look } from './look.ts';

const eventsShown = 5;

export interface Told {
  lines: string[];
  /** The newest warning as a phrase; undefined without any. */
  warning: string | undefined;
}

/** The newest events of an object and the warnings of what belongs to it; alike ones as one line. */
export async function tellEvents(
  object: KubeObject,
  { related, look }: { related: readonly KubeObject[]; look: Look },
): Promise<Told> {
  const { kind, metadata } = object;
  const { name, namespace, uid } = metadata;
  const own = await look.list('Event', {
    // Events of what has no namespace lie in default, and those of a node carry its name as its uid.
    ...inNamespaceOf(object),
    fieldSelector: [
      `involvedObject.kind=${kind},involvedObject.name=${name}`,
      // One that had the name before is another object.
      ...(namespace === undefined || uid === undefined ? [] : [`involvedObject.uid=${uid}`]),
    ].join(','),
  });
  const uids = new Set(related.map(each => each.metadata.uid));
  const warnings =
    uids.size === 0
      ? []
      : await look.list('Event', { ...inNamespaceOf(object), fieldSelector: 'type=Warning' });
  const theirs = (warnings ?? []).filter(({ involvedObject }) => uids.has(involvedObject.uid));
  const groups = fold(groupEvents([...(own ?? []), ...theirs]));
  const newest = groups[0]?.group;
  const more = groups.length - eventsShown;
  const lines = [
    ...(groups.length === 0 ? [] : ['events:']),
    ...groups.slice(0, eventsShown).map(({ group, others }) => {
      const { warning, reason, count, last, message } = group;
      const where = `${group.object}${others === 0 ? '' : ` and ${others} more`}`;
      return `  ${warning ? 'WARNING ' : ''}${reason} x${count}, ${ageOf(last, look.nowMs)} ago, ${where}: ${look.say(message)}`;
    }),
    ...(more > 0 ? [`  and ${more} more: k8s events`] : []),
  ];
  const warning = newest?.warning === true ? `${newest.reason} (${look.say(newest.message)})` : undefined;
  return { lines, warning };
}

interface Folded {
  group: EventGroup;
  /** Objects of the same kind with the same reason. */
  others: number;
}

/** Pods of one workload mostly say the same; the newest speaks for all. */
function fold(groups: readonly EventGroup[]): Folded[] {
  const alike = Map.groupBy(groups, ({ object, reason, warning }) =>
    JSON.stringify([object.split('/')[0], reason, warning]),
  );
  return [...alike.values()].flatMap(same => {
    const [first] = same;
    if (first === undefined) return [];
    const count = same.reduce((sum, each) => sum + each.count, 0);
    return [{ group: { ...first, count }, others: new Set(same.map(({ object }) => object)).size - 1 }];
  });
}
