import { isObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { hasSchema, schemaOf, zeroValue } from '../../kubernetes/schema.ts';
import { forbidden, notSupported } from '../../kubernetes/validation/problem.ts';
import { apiVersionOf, type Resource, storageOf } from '../resource.ts';
import type { Change } from '../state.ts';
import { failure, statusBody } from '../status.ts';
import { chooseShown, type Shown } from './accept.ts';
import { type Exchange, setWarnings } from './exchange.ts';
import { invalidOptions, type ListTarget, matchField, wholeNumber } from './list.ts';
import { parseSelection, type Selection } from './select.ts';
import { includeOf, tableText } from './table-view.ts';
import { metadataText, objectText } from './text.ts';

/** How long a watch without timeoutSeconds lasts: the real server draws between half an hour and an hour. */
const defaultWatchSeconds = 1_800;
/** As many unseen changes of other objects as pass before a bookmark keeps the watcher's place fresh. */
const changesBetweenBookmarks = 500;
/** A watcher that has let this much pile up does not read any more and is cut off. */
const longestBacklogBytes = 64 * 1024 * 1024;

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** Answers a WATCH: one JSON event a line, until its time is over or the caller leaves. */
export async function answerWatch(exchange: Exchange, target: ListTarget): Promise<void> {
  const { cluster, query, response, request } = exchange;
  const { resource } = target;
  const selection = parseSelection(resource, query);
  const shown = chooseShown(request.headers.accept);
  const start = startOf(exchange);
  const seconds = wholeNumber(query.get('timeoutSeconds') ?? '0', 'timeoutSeconds') || defaultWatchSeconds;
  const writer = eventWriter(exchange, { resource, shown });

  setWarnings(exchange);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  // Clients wait for the head before they show anything.
  response.flushHeaders();

  if (start.expired) {
    writer.error(
      failure(410, {
        reason: 'Expired',
        message: `too old resource version: ${start.after} (${cluster.state.forgotten + 1})`,
      }),
    );
    response.end();
    return;
  }

  const prefix = target.namespace === undefined ? '' : `${target.namespace}/`;
  const storage = storageOf(resource);
  if (start.replay) {
    for (const object of cluster.state.list(storage, prefix)) {
      if (selection.matches(object)) writer.event('ADDED', object);
    }
    if (start.marksEnd) writer.bookmark(cluster.state.revision, { endsList: true });
  } else {
    for (const change of cluster.state.changesAfter(storage, start.after)) follow(change);
  }

  let unseen = 0;
  const unsubscribe = cluster.state.onChange(change => {
    // A watch may start at a version that is still to come: then silence until it is there.
    if (change.revision <= start.after) return;
    if (change.storage === storage && follow(change)) unseen = 0;
    else if (start.bookmarks && ++unseen >= changesBetweenBookmarks) {
      unseen = 0;
      writer.bookmark(change.revision);
    }
  });

  await new Promise<void>(resolve => {
    const timer = setTimeout(() => {
      if (start.bookmarks) writer.bookmark(cluster.state.revision);
      response.end();
      finish();
    }, seconds * 1_000);
    timer.unref();
    response.on('close', finish);
    function finish(): void {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    }
  });

  function follow(change: Change): boolean {
    if (!change.key.startsWith(prefix)) return false;
    const type = seenAs(change, selection);
    if (type === undefined) return false;
    writer.event(type, type === 'DELETED' ? lastSeen(change) : change.object);
    if (response.writableLength > longestBacklogBytes) response.destroy();
    return true;
  }
}

/** What goes is told as it was last seen, at the version of its going. */
function lastSeen({ object, before, type }: Change): KubeObject {
  if (type === 'DELETED' || before === undefined) return object;
  const { resourceVersion = '' } = object.metadata;
  return { ...before, metadata: { ...before.metadata, resourceVersion } };
}

/** A change that moves an object into or out of a selection is an arrival or a departure to who watches it. */
function seenAs(change: Change, selection: Selection): EventType | undefined {
  if (selection.everything) return change.type;
  const was = change.before !== undefined && selection.matches(change.before);
  const is = change.type !== 'DELETED' && selection.matches(change.object);
  if (was) return is ? 'MODIFIED' : 'DELETED';
  return is ? 'ADDED' : undefined;
}

interface Start {
  /** Send what exists first. */
  replay: boolean;
  /** Changes after this revision follow. */
  after: number;
  expired: boolean;
  bookmarks: boolean;
  /** A bookmark says where the list ends and the changes begin. */
  marksEnd: boolean;
}

function startOf({ cluster, query }: Exchange): Start {
  const { revision, forgotten } = cluster.state;
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  requireVersion(query);
  if (query.get('sendInitialEvents') !== null) {
    if (match !== 'NotOlderThan') {
      throw invalidOptions(
        forbidden(matchField, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
        ...(match === '' ? [] : [notSupported(matchField, { value: match, supported: ['NotOlderThan'] })]),
      );
    }
    const replay = isTrue(query.get('sendInitialEvents'));
    return { replay, after: revision, expired: false, bookmarks, marksEnd: replay && bookmarks };
  }
  if (match !== '') {
    const detail = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    throw invalidOptions(forbidden(matchField, detail));
  }
  if (version === '' || version === '0') {
    return { replay: true, after: revision, expired: false, bookmarks, marksEnd: bookmarks };
  }
  const after = Number(version);
  return { replay: false, after, expired: after < forgotten, bookmarks, marksEnd: false };
}

/** A real server takes whatever is not plainly false for true. */
export function isTrue(text: string | null): boolean {
  return text !== null && text !== '0' && text.toLowerCase() !== 'false';
}

/** Also of a single object, which is shown as it is now whatever version is asked for. */
export function requireVersion(query: URLSearchParams): void {
  const version = query.get('resourceVersion') ?? '';
  if (/^\d{0,15}$/.test(version)) return;
  throw failure(500, {
    message: `resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`,
  });
}

function eventWriter(
  { cluster, query, response }: Exchange,
  { resource, shown }: { resource: Resource; shown: Shown },
) {
  const include = shown === 'table' ? includeOf(query) : 'Metadata';
  let columns = true;

  function textOf(object: KubeObject, shownAs = include): string {
    if (shown === 'whole') return objectText(resource, object);
    if (shown === 'metadata') return metadataText(object);
    const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
    const text = tableText(cluster, { resource, objects: [object], metadata, include: shownAs, columns });
    columns = false;
    return text;
  }

  function write(type: string, text: string): void {
    response.write(`{"type":"${type}","object":${text}}\n`);
  }

  return {
    event: (type: EventType, object: KubeObject) => write(type, textOf(object)),
    bookmark(revision: number, more?: { endsList: boolean }) {
      const metadata = {
        name: '',
        resourceVersion: String(revision),
        ...(more?.endsList === true ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
      };
      write('BOOKMARK', withoutName(textOf({ ...emptyObject(resource), metadata }, 'Metadata')));
    },
    error(failed: Error) {
      write('ERROR', JSON.stringify(statusBody(failed) ?? {}));
    },
  };
}

/** An object of the resource in which nothing is set, as it travels with a bookmark. */
function emptyObject({ kind, custom, ...versioned }: Resource): KubeObject {
  const apiVersion = apiVersionOf(versioned);
  const zero = custom || !hasSchema(apiVersion, kind) ? {} : zeroValue(schemaOf(apiVersion, kind));
  return { ...(isObject(zero) ? zero : {}), apiVersion, kind, metadata: { name: '' } };
}

/** No object of ours is without a name but this one. */
function withoutName(text: string): string {
  return text.replace('"metadata":{"name":"",', '"metadata":{');
}
