import { inParallel } from '../../core/in-parallel.ts';
import { cleanText } from '../../core/text.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind } from '../../kubernetes/kinds.ts';
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

/** Warnings, and the few others that tell something. Messages are masked here: a rule quotes parts of them. */
export async function readEvents(look: Look): Promise<Event[]> {
  const selections = [
    { selector: 'type=Warning', most: mostEvents },
    ...tellingReasons.map(reason => ({ selector: `type=Normal,reason=${reason}`, most: mostTelling })),
  ];
  const lists = await inParallel(selections, { atOnce: 2, task: selection => readSelected(look, selection) });
  return lists.flat();
}

async function readSelected(
  look: Look,
  { selector, most }: { selector: string; most: number },
): Promise<Event[]> {
  const events: Event[] = [];
  const refused = { unread: new Set<string>() };
  const said = selector === 'type=Warning' ? look : { ...look, unread: [] };
  await unlessUnread(said, {
    kind: 'Event',
    read: async () => {
      const query = {
        kind: 'Event',
        apiVersion: 'v1',
        fieldSelector: selector,
        ...(look.namespace === undefined ? {} : { namespace: look.namespace }),
      };
      for await (const page of look.kube.listAll(query, refused)) {
        for (const event of page) if (isKind(event, 'Event')) events.push(masked(event, look));
        if (events.length < most) continue;
        noteUnread(said, { kind: 'Event', why: `there are more than the ${most} that are read` });
        return;
      }
    },
  });
  for (const namespace of refused.unread) noteUnread(said, { kind: 'Event', namespace, why: notAllowed });
  return events;
}

function masked(event: Event, look: Look): Event {
  const { message } = event;
  return message === undefined ? event : { ...event, message: look.masking()(cleanText(message)) };
}
