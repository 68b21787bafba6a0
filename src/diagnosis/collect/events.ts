import { cleanText } from '../../core/text.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { listWhole } from './list-whole.ts';
import { type Look, notAllowed, noteUnread, unlessUnread } from './look.ts';

/** Events that are no warnings and tell why something ended, waits or was changed. The others are a hundred times as many. */
const tellingReasons: ReadonlySet<string> = new Set([
  'Killing',
  'Preempted',
  'WaitForFirstConsumer',
  'ExternalProvisioning',
  'ScalingReplicaSet',
  'SuccessfulRescale',
]);
/** Nearly all of the others. A server looks through every event for each list: one without these costs less than one a reason. */
const ordinaryReasons = [
  'Scheduled',
  'Pulling',
  'Pulled',
  'Created',
  'Started',
  'BackOff',
  'SuccessfulCreate',
  'SuccessfulDelete',
  'Completed',
  'SawCompletedJob',
  'SuccessfulAttachVolume',
  'LeaderElection',
];
const telling = ['type!=Warning', ...ordinaryReasons.map(reason => `reason!=${reason}`)].join(',');
// A storm says the same in its first thousands.
const mostEvents = 10_000;
// Beyond this the list itself is the storm: what is left out of it is not counted above.
const mostSeen = 40_000;
const pageSize = 500;

/**
 * Warnings, and the few others that tell something. `isWell`: a pod at which nothing looked wrong; what it was warned of
 * is over (nearly each warns while it starts), and is not kept. Messages are masked here: a rule quotes parts of them.
 */
export async function readEvents(look: Look, isWell: IsWell): Promise<Event[]> {
  const lists = await Promise.all([
    readSelected(look, { selector: 'type=Warning', isWell }),
    // Where these may not be read, the warnings may not either, and it is said once.
    readSelected({ ...look, unread: [] }, { selector: telling, isWell }),
  ]);
  return lists.flat();
}

type IsWell = (pod: { namespace: string; name: string }) => boolean;

async function readSelected(
  look: Look,
  { selector, isWell }: { selector: string; isWell: IsWell },
): Promise<Event[]> {
  const events: Event[] = [];
  const refused = { unread: new Set<string>() };
  let seen = 0;
  await unlessUnread(look, {
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
            .filter(({ type, reason = '' }) => type === 'Warning' || tellingReasons.has(reason))
            .filter(event => !isAboutWell(event, isWell))
            .map(event => masked(event, look));
        },
        isEnough: () => {
          const isFull = events.length >= mostEvents || seen >= mostSeen;
          if (isFull)
            noteUnread(look, { kind: 'Event', why: `there are more than the ${seen} that were looked at` });
          return isFull;
        },
      }),
  });
  for (const namespace of refused.unread) noteUnread(look, { kind: 'Event', namespace, why: notAllowed });
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
