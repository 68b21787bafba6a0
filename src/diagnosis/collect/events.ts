import { inParallel } from '../../core/in-parallel.ts';
import { cleanText } from '../../core/text.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { listWhole } from './list-whole.ts';
import { type Look, notAllowed, noteUnread, unlessUnread } from './look.ts';

/** Events that are no warnings and tell why something ended, waits or was changed. The others are a hundred times as many. */
const tellingReasons = [
  'Killing',
  'Preempted',
  'WaitForFirstConsumer',
  'ExternalProvisioning',
  'ScalingReplicaSet',
  'SuccessfulRescale',
] as const;
// A storm says the same in its first thousands.
const mostEvents = 10_000;
const mostTelling = 2_000;
// Beyond this the list itself is the storm: what is left out of it is not counted above.
const mostSeen = 40_000;
const pageSize = 500;

/**
 * Warnings, and the few others that tell something. `isWell`: a pod at which nothing looked wrong; what it was warned of
 * is over (nearly each warns while it starts), and is not kept. Messages are masked here: a rule quotes parts of them.
 */
export async function readEvents(look: Look, isWell: IsWell): Promise<Event[]> {
  const selections = [
    { selector: 'type=Warning', most: mostEvents },
    ...tellingReasons.map(reason => ({ selector: `type=Normal,reason=${reason}`, most: mostTelling })),
  ];
  const lists = await inParallel(selections, {
    atOnce: 2,
    task: selection => readSelected(look, { ...selection, isWell }),
  });
  return lists.flat();
}

type IsWell = (pod: { namespace: string; name: string }) => boolean;

async function readSelected(
  look: Look,
  { selector, most, isWell }: { selector: string; most: number; isWell: IsWell },
): Promise<Event[]> {
  const events: Event[] = [];
  const refused = { unread: new Set<string>() };
  const said = selector === 'type=Warning' ? look : { ...look, unread: [] };
  let seen = 0;
  await unlessUnread(said, {
    kind: 'Event',
    read: () =>
      listWhole(look, {
        query: {
          kind: 'Event',
          apiVersion: 'v1',
          fieldSelector: selector,
          limit: pageSize,
          ...(look.namespace === undefined ? {} : { namespace: look.namespace }),
        },
        refused,
        into: events,
        take: page => {
          seen += page.length;
          return page
            .filter(event => isKind(event, 'Event'))
            .filter(event => !isAboutWell(event, isWell))
            .map(event => masked(event, look));
        },
        isEnough: () => {
          const isFull = events.length >= most || seen >= mostSeen;
          if (isFull)
            noteUnread(said, { kind: 'Event', why: `there are more than the ${seen} that were looked at` });
          return isFull;
        },
      }),
  });
  for (const namespace of refused.unread) noteUnread(said, { kind: 'Event', namespace, why: notAllowed });
  return events;
}

function masked(event: Event, look: Look): Event {
  const { message } = event;
  return message === undefined ? event : { ...event, message: look.masking()(cleanText(message)) };
}

function isAboutWell({ involvedObject }: Event, isWell: IsWell): boolean {
  const { kind, name = '', namespace = '' } = involvedObject;
  return kind === 'Pod' && isWell({ namespace, name });
}
