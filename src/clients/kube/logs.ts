import { limits } from '../../core/limits.ts';
import { cleanText, cutText } from '../../core/text.ts';
import type { Channel } from './channel.ts';
import { readGate } from './gates.ts';
import { type Query, resourcePath } from './paths.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface LogQuery {
  namespace: string;
  pod: string;
  /** May be left out where the pod has one. */
  container?: string;
  /** Of the container that ran before the last restart. */
  previous?: boolean;
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
  /** Lines from the end; absent: all, within limitBytes. */
  tailLines?: number;
  timestamps?: boolean;
  /** Stay, until the call's signal ends it. */
  follow?: boolean;
  /** Absent: limits.logBytes. */
  limitBytes?: number;
}

/** The lines of one container, each bounded and without control characters; none for a pod that has not started. */
export async function* logLines(
  channel: Channel,
  { kind, query }: { kind: ResourceKind; query: LogQuery },
): AsyncGenerator<string> {
  const { namespace, pod } = query;
  const response = await channel.stream({
    method: 'GET',
    path: resourcePath(kind, { namespace, name: pod, subresource: 'log' }),
    query: logParameters(query),
    accept: 'application/json, */*',
    gate: readGate,
    asked: { verb: 'read the log of', what: `Pod/${pod} in ${namespace}`, resource: 'pods/log', namespace },
  });
  let bytes = 0;
  const most = query.limitBytes ?? limits.logBytes;
  const bounds = { maxBytes: lineBytes, ...(query.follow === true ? {} : { idleMs: limits.requestMs }) };
  for await (const { text, cut } of channel.lines(response, bounds)) {
    bytes += text.length;
    const line = cleanText(text);
    yield cut || line.length > limits.lineChars ? `${cutText(line, limits.lineChars)}…` : line;
    // The server counts as well, but a followed log has no bound there.
    if (query.follow !== true && bytes > most) return;
  }
}

// Escapes and multi-byte characters make a line longer than what is shown of it.
const lineBytes = limits.lineChars * 8;

function logParameters(query: LogQuery): Query {
  const { container, previous, sinceSeconds, sinceTime, tailLines, timestamps, follow, limitBytes } = query;
  const given: [string, string | number | boolean | undefined][] = [
    ['container', container],
    ['previous', previous],
    ['sinceSeconds', sinceSeconds],
    ['sinceTime', sinceTime],
    ['tailLines', tailLines],
    ['timestamps', timestamps],
    ['follow', follow],
    ['limitBytes', follow === true ? undefined : (limitBytes ?? limits.logBytes)],
  ];
  return given.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]));
}
