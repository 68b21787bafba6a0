import type { KubeReader, LogQuery } from '../../clients/kube/reader.ts';
import { limits } from '../../core/limits.ts';
import { cleanLine, cleanText } from '../../core/text.ts';
import type { LineFilter } from './line-filter.ts';

/** One container whose log is read. */
export interface LogSource {
  namespace: string;
  pod: string;
  container: string;
}

/** One line of a container, cleaned and masked. */
export interface LogLine {
  source: LogSource;
  /** What lines are merged by; compares as text. */
  time: string;
  text: string;
}

/** What was read of one container. */
export interface SourceLines {
  /** The newest lines that passed the filter, oldest first. */
  lines: LogLine[];
  /** True when the log was larger than one call reads. */
  broken: boolean;
}

/** Reads one container's log to its end and keeps the newest `keep` lines that pass the filter. */
export async function readSource(
  kube: KubeReader,
  input: {
    source: LogSource;
    query: Partial<LogQuery>;
    wanted: LineFilter;
    keep: number;
    mask: (text: string) => string;
  },
): Promise<SourceLines> {
  const lines: LogLine[] = [];
  let bytes = 0;
  for await (const raw of kube.log({ ...input.query, ...input.source, timestamps: true })) {
    bytes += raw.length;
    if (bytes > limits.logBytes) return { lines, broken: true };
    const line = parseLine(raw, input);
    if (!input.wanted(line.text)) continue;
    lines.push(line);
    if (lines.length > input.keep * 2) lines.splice(0, lines.length - input.keep);
  }
  return { lines: lines.slice(-input.keep), broken: false };
}

/** Cleans and masks a raw line with its timestamp in front. Whatever filters lines sees that text only. */
export function parseLine(
  raw: string,
  { source, mask }: { source: LogSource; mask: (text: string) => string },
): LogLine {
  const space = raw.indexOf(' ');
  const stamp = space < 0 ? raw : raw.slice(0, space);
  const stamped = /^\d{4}-\d\d-\d\dT/.test(stamp);
  return {
    source,
    // The kubelet drops trailing zeros, and without the Z a shorter fraction sorts before a longer one.
    time: stamped ? stamp.replace(/Z$/, '') : '',
    // Cut when it is masked: where a line ends would else tell how long a secret in it is.
    text: cleanLine(mask(cleanText(stamped ? raw.slice(stamp.length + 1) : raw))),
  };
}

/** All lines by time; lines of one moment stay in the order of their sources. */
export function mergeByTime(sources: readonly SourceLines[]): LogLine[] {
  return sources
    .flatMap(({ lines }) => lines)
    .toSorted((left, right) => (left.time < right.time ? -1 : left.time > right.time ? 1 : 0));
}
