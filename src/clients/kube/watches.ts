import type { IncomingMessage } from 'node:http';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { badResponse } from '../../http/bad-response.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { parseObject } from './answers.ts';
import { askedOfMany } from './asked.ts';
import type { ApiRequest, Channel } from './channel.ts';
import { errorFromStatus } from './errors.ts';
import type { Asked } from './failure.ts';
import { readGate } from './gates.ts';
import { objectFrom } from './objects.ts';
import { type Query, resourcePath } from './paths.ts';
import { isExpired } from './refusals.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface WatchQuery {
  kind: string;
  apiVersion?: string;
  namespace?: string;
  /** Only this object. */
  name?: string;
  labelSelector?: string;
  /** What was seen already; absent: every object there is comes first, as ADDED. */
  resourceVersion?: string;
  /** Ends the watch after this long; absent: only a signal does. */
  timeoutSeconds?: number;
  /** Ends the watch without an error; absent: only the call's own signal does, with one. */
  signal?: AbortSignal;
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: KubeObject;
}

// The server ends a request after this long and the next one resumes; spread, so that watches do not return at once.
const requestSeconds = { least: 270, spread: 60 };
// Bookmarks come once a minute or so; a server that is silent for longer than its own end has gone.
const idleGraceMs = 30_000;
// An object of etcd has at most 1.5 MB, and an event holds one.
const eventBytes = 8 * 1024 * 1024;
// In a row, without one event between them.
const mostFailures = 5;
const failurePauseMs = 1_000;

/**
 * What happens to objects, as it happens. A connection that ends is resumed where it stood. When the server has
 * forgotten that place, every object comes again as ADDED: a reader must take ADDED for "is so now".
 */
export async function* watchEvents(
  channel: Channel,
  input: { kind: ResourceKind; namespace: string | undefined; query: WatchQuery },
): AsyncGenerator<WatchEvent> {
  const { query } = input;
  const isStopped = () => query.signal?.aborted === true;
  const endsAt = Date.now() + (query.timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
  let { resourceVersion } = query;
  let failures = 0;
  for (;;) {
    if (Date.now() >= endsAt || isStopped()) return;
    const seconds = secondsUntil(endsAt);
    try {
      const response = await channel.stream(watchRequest({ ...input, resourceVersion, seconds }));
      for await (const event of eventsOf(channel, { response, input, seconds })) {
        failures = 0;
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        yield event;
      }
    } catch (error) {
      if (isStopped()) return;
      if (isExpired(error)) resourceVersion = undefined;
      else if (!isPassingFailure(error)) throw error;
      if (++failures >= mostFailures) throw error;
      await channel.pause(failurePauseMs * failures * (0.5 + Math.random()));
    }
  }
}

function secondsUntil(endsAt: number): number {
  const own = requestSeconds.least + Math.floor(Math.random() * requestSeconds.spread);
  return Math.max(1, Math.min(own, Math.ceil((endsAt - Date.now()) / 1_000)));
}

function isPassingFailure(error: unknown): boolean {
  if (!(error instanceof VigieError)) return false;
  const brokeOff = error.code === 'BAD_RESPONSE' || error.code === 'UNREACHABLE' || error.code === 'TIMEOUT';
  return error.retryable || (brokeOff && error.details.unreadable !== true);
}

function watchRequest(input: {
  kind: ResourceKind;
  namespace: string | undefined;
  query: WatchQuery;
  resourceVersion: string | undefined;
  seconds: number;
}): ApiRequest {
  const { kind, namespace, query, resourceVersion, seconds } = input;
  const parameters: Query = [
    ['watch', '1'],
    ['allowWatchBookmarks', 'true'],
    ['timeoutSeconds', String(seconds)],
    ...(resourceVersion === undefined ? [] : [['resourceVersion', resourceVersion] as const]),
    ...(query.labelSelector === undefined ? [] : [['labelSelector', query.labelSelector] as const]),
    ...(query.name === undefined ? [] : [['fieldSelector', `metadata.name=${query.name}`] as const]),
  ];
  return {
    method: 'GET',
    path: resourcePath(kind, { namespace }),
    query: parameters,
    gate: readGate,
    asked: askedOfMany(kind, { verb: 'watch', namespace }),
    ...(query.signal === undefined ? {} : { signal: query.signal }),
  };
}

async function* eventsOf(
  channel: Channel,
  from: {
    response: IncomingMessage;
    input: { kind: ResourceKind; namespace: string | undefined };
    seconds: number;
  },
): AsyncGenerator<WatchEvent> {
  const { kind, namespace } = from.input;
  const idleMs = from.seconds * 1_000 + idleGraceMs;
  for await (const { text, cut } of channel.lines(from.response, { maxBytes: eventBytes, idleMs })) {
    if (text === '') continue;
    if (cut)
      throw badResponse('the watch', `an event is larger than ${eventBytes} bytes`, { unreadable: true });
    const line = parseObject(Buffer.from(text), 'the watch');
    if (line.type === 'ERROR')
      throw streamError(line.object, askedOfMany(kind, { verb: 'watch', namespace }));
    if (!isEventType(line.type)) continue;
    const object = objectOf(line, kind);
    channel.seen(object as JsonObject, 'read');
    yield { type: line.type, object };
  }
}

function isEventType(type: unknown): type is WatchEvent['type'] {
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
}

function objectOf(line: JsonObject, kind: ResourceKind): KubeObject {
  if (line.type !== 'BOOKMARK' || !isObject(line.object)) return objectFrom(line.object, { kind });
  const metadata = isObject(line.object.metadata) ? line.object.metadata : {};
  // A bookmark is about no object, so it has no name.
  return objectFrom(
    { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: '', ...metadata } },
    { metadataOnly: true },
  );
}

function streamError(status: unknown, asked: Asked): VigieError {
  const known = isObject(status) ? status : undefined;
  const code = typeof known?.code === 'number' ? known.code : 500;
  return errorFromStatus({ code, status: known }, asked);
}
