import { inParallel } from '../../core/in-parallel.ts';
import { inTurn } from '../../core/in-turn.ts';
import { cleanText } from '../../core/text.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { Unread } from '../snapshot.ts';
import { listWhole } from './list-whole.ts';
import { type Look, mostNamespaces, noteUnread, requestsAtOnce, unlessUnread } from './look.ts';

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
// Of a namespace among many, and of those that a storm in another stands before.
const leastSeen = 2_000;
const pageSize = 500;

/**
 * Warnings, and the few others that tell something. `isWell`: a pod at which nothing looked wrong; what it was warned of
 * is over (nearly each warns while it starts), and is not kept. `namespaces` undefined: they may not be listed. Messages
 * are masked here: a rule quotes parts of them. Of more than are kept each namespace keeps as many as any other.
 */
export async function readEvents(look: Look, asked: Asked): Promise<Event[]> {
  // Where these may not be read, the warnings may not either, and it is said once.
  const others = { ...look, unread: [] };
  const lists = await Promise.all([
    readSelected(look, { selector: 'type=Warning', ...asked }),
    readSelected(others, { selector: telling, ...asked }),
  ]);
  const said = new Set(look.unread.map(placeOf));
  for (const unread of others.unread) if (!said.has(placeOf(unread))) noteUnread(look, unread);
  return lists.flat();
}

interface Asked {
  isWell: (pod: { namespace: string; name: string }) => boolean;
  namespaces: readonly string[] | undefined;
}

type Selected = Asked & { selector: string };

async function readSelected(look: Look, asked: Selected): Promise<Event[]> {
  const named = look.namespace === undefined ? look.namespaces : [look.namespace];
  if (named !== undefined) return shared(look, await readPlaces(look, { ...asked, places: named }));
  const whole = await readPlace(look, { ...asked, mostSeen });
  const { endsIn } = whole;
  if (endsIn === undefined) return shared(look, [whole]);
  // A list goes by namespace and name: whoever fills it hides all that come after.
  const behind = asked.namespaces?.filter(namespace => `${namespace}/` > `${endsIn}/`) ?? [];
  const places = behind.slice(0, mostNamespaces);
  if (asked.namespaces === undefined || places.length < behind.length)
    noteUnread(look, { kind: 'Event', why: `there are more than the ${mostSeen} that were looked at` });
  return shared(look, [whole, ...(await readPlaces(look, { ...asked, places }))]);
}

/** What is kept of one list. `full`: namespaces of which it kept less than it saw; `endsIn`: where it was left. */
interface Kept {
  events: Event[];
  full: Set<string>;
  endsIn?: string;
}

function readPlaces(look: Look, asked: Selected & { places: readonly string[] }): Promise<Kept[]> {
  const { places } = asked;
  const most = Math.max(leastSeen, Math.floor(mostSeen / Math.max(places.length, 1)));
  return inParallel(places, {
    atOnce: requestsAtOnce,
    task: namespace => readPlace(look, { ...asked, namespace, mostSeen: most }),
  });
}

async function readPlace(
  look: Look,
  { selector, isWell, mostSeen: most, ...place }: Selected & { namespace?: string; mostSeen: number },
): Promise<Kept> {
  const { namespace } = place;
  const where = namespace === undefined ? {} : { namespace };
  const kept: Kept = { events: [], full: new Set() };
  let seen = 0;
  let last = '';
  await unlessUnread(look, {
    kind: 'Event',
    ...where,
    read: () =>
      listWhole(look, {
        query: { kind: 'Event', apiVersion: 'v1', fieldSelector: selector, limit: pageSize, ...where },
        into: kept.events,
        take: page => {
          seen += page.length;
          last = page.at(-1)?.metadata.namespace ?? last;
          return page
            .filter(event => isKind(event, 'Event'))
            .filter(({ type, reason = '' }) => type === 'Warning' || tellingReasons.has(reason))
            .filter(event => !isAboutWell(event, isWell))
            .map(event => masked(event, look));
        },
        isEnough: () => {
          cutToFit(kept);
          if (seen < most) return false;
          noteUnread(look, {
            kind: 'Event',
            namespace: namespace ?? last,
            why: `there are more than the ${seen} that were looked at`,
          });
          kept.endsIn = last;
          return true;
        },
      }),
  });
  return kept;
}

/** All lists together, where each namespace has its share. */
function shared(look: Look, lists: readonly Kept[]): Event[] {
  const all = { events: lists.flatMap(({ events }) => events), full: new Set<string>() };
  for (const { full } of lists) for (const namespace of full) all.full.add(namespace);
  cutToFit(all);
  for (const namespace of all.full)
    noteUnread(look, {
      kind: 'Event',
      namespace,
      why: `there are more than its share of the ${mostEvents} that are kept`,
    });
  return all.events;
}

function cutToFit({ events, full }: Kept): void {
  if (events.length <= mostEvents) return;
  const turns = inTurn(events, namespaceOf);
  for (const event of turns.slice(mostEvents)) full.add(namespaceOf(event));
  events.splice(0, events.length, ...turns.slice(0, mostEvents));
}

function namespaceOf({ metadata }: Event): string {
  return metadata.namespace ?? '';
}

function placeOf({ namespace = '', why }: Unread): string {
  return `${namespace} ${why}`;
}

function masked(event: Event, look: Look): Event {
  const { message } = event;
  return message === undefined ? event : { ...event, message: look.masking()(cleanText(message)) };
}

function isAboutWell({ involvedObject }: Event, isWell: Asked['isWell']): boolean {
  const { kind, name = '', namespace = '' } = involvedObject;
  return kind === 'Pod' && isWell({ namespace, name });
}
