import type { JsonObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { lastSeenMs } from '../../kubernetes/event-times.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { groupOf, isKind, isKnownKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, splitApiVersion } from '../../kubernetes/object.ts';
import { maskedPod } from '../collect/masked-pod.ts';
import { trimmed } from '../collect/trim.ts';
import { wantedKinds } from '../collect/wanted-kinds.ts';
import { keyOf, Snapshot } from '../snapshot.ts';
import { dumpedKinds } from './completeness.ts';
import { type DumpFile, readFiles } from './files.ts';
import { newestTime } from './newest-time.ts';

/**
 * A snapshot of dumped objects, as they were when they were dumped. What the dump does not hold counts as read only where
 * it holds everything of the kind (completeness.ts).
 */
export async function readDump(
  files: readonly DumpFile[],
  at: {
    now: Date;
    /** Only this namespace, and what belongs to none. */
    namespace?: string;
    /** Hears every object before its secrets are dropped. */
    learn: (object: JsonObject) => void;
    /** Masks what is secret in the lines of one log; for messages as well. */
    masking(): (text: string) => string;
  },
): Promise<{ snapshot: Snapshot; faults: { file: string; why: string }[] }> {
  const { objects, emptyLists, logs, faults, unlearned } = await readFiles(files, at);
  const isQuiet = (namespace: string | undefined) =>
    unlearned.everywhere || (namespace !== undefined && unlearned.namespaces.has(namespace));
  const each = newestOfEach(objects);
  const within = each
    .filter(object => isWithin(object, at.namespace))
    .map(trimmed)
    .map(object =>
      isKind(object, 'Pod')
        ? maskedPod(object, isQuiet(object.metadata.namespace) ? silence : text => at.masking()(text))
        : object,
    );
  const wanted = wantedKinds();
  const dumped = dumpedKinds(wanted, { objects: each, emptyLists, faulty: faults.length > 0 });
  const mentioned = namespacesIn(within);
  const events = within
    .filter(object => isKind(object, 'Event'))
    .map(event => masked(event, isQuiet(event.metadata.namespace) ? silence : at.masking()));
  const snapshot = new Snapshot({
    takenAt: newestTime(each, at.now) ?? at.now,
    mask: text => at.masking()(text),
    objects: within.filter(({ kind }) => kind !== 'Event'),
    events: events.toSorted((a, b) => lastSeenMs(b) - lastSeenMs(a)),
    logs: new Map(
      [...logs]
        .filter(([key]) => !isQuiet(key.slice(0, key.indexOf('/'))))
        .map(([key, { lines, previous }]) => [key, { lines: lines.map(at.masking()), previous }]),
    ),
    unread: [
      ...wanted
        .filter(kind => !dumped.has(kind) && isKnownKind(kind))
        .map(kind => ({ kind, why: 'not in the dump' })),
      ...unquoted(unlearned),
    ],
    absent: wanted.filter(kind => !dumped.has(kind) && !isKnownKind(kind)),
    namespaces: at.namespace === undefined ? mentioned : [at.namespace],
  });
  return { snapshot, faults };
}

/** Nobody knows what of it is a secret. */
function silence(): string {
  return '';
}

function unquoted({ everywhere, namespaces }: { everywhere: boolean; namespaces: ReadonlySet<string> }) {
  const why = 'left out, since a Secret there could not be read';
  if (everywhere) return [{ kind: 'log', why }];
  return [...namespaces].map(namespace => ({ kind: 'log', namespace: cleanLine(namespace, 63), why }));
}

/** Of an object that lies in several files, the newest. */
function newestOfEach(objects: readonly KubeObject[]): KubeObject[] {
  const newest = new Map<string, KubeObject>();
  for (const object of objects) {
    const { group } = splitApiVersion(object.apiVersion);
    // The same events are served by two groups, and so were others before.
    const custom = isKnownKind(object.kind) && groupOf(object.kind) === group ? '' : `${group}/`;
    const { name, namespace = '' } = object.metadata;
    const key = custom + keyOf({ kind: object.kind, name, namespace });
    const before = newest.get(key);
    if (before === undefined || versionOf(object) >= versionOf(before)) newest.set(key, object);
  }
  return [...newest.values()];
}

function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion ?? 0) || 0;
}

function isWithin({ metadata }: KubeObject, namespace: string | undefined): boolean {
  return namespace === undefined || metadata.namespace === undefined || metadata.namespace === namespace;
}

function namespacesIn(objects: readonly KubeObject[]): string[] {
  const names = objects.flatMap(({ kind, metadata }) =>
    kind === 'Namespace' ? [metadata.name] : (metadata.namespace ?? []),
  );
  return [...new Set(names)];
}

function masked(event: Event, mask: (text: string) => string): Event {
  return event.message === undefined ? event : { ...event, message: mask(event.message) };
}
