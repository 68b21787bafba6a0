import type { Ref } from '../../core/ref.ts';
import type { TimeSpan } from './time-span.ts';

/** Which lines are asked for. */
export interface AskedLines {
  query: string | undefined;
  namespace: string | undefined;
  /** `deploy/web`. */
  target: string | undefined;
  contains: string | undefined;
}

/** One line, cleaned and masked. */
export interface FoundLine {
  /** Nanoseconds since 1970. */
  at: bigint;
  /** What wrote it, as one text: its lines belong together. */
  stream: string;
  /** The same for a reader: its pod. */
  where: string;
  text: string;
}

/**
 * Where lines come from. Each call of `lines` gives some of one or more streams; lines of one stream stand in the order
 * in which they were written.
 */
export interface LineSource {
  via: 'loki' | 'pods';
  /** What it is called in a headline: never by a name that only the caller said, which may be a known secret. */
  name: string;
  /** `newest first`: blocks go back in time; `as written`: each stream comes once from its start, or goes on where it was. */
  order: 'newest first' | 'as written';
  lines(span: TimeSpan): AsyncGenerator<FoundLine[]>;
  /** How many lines there are in all, where that can be asked. */
  total(span: TimeSpan): Promise<number | undefined>;
  /** How many lines of the time have been read, whatever text was asked for; undefined where the server leaves them out. */
  looked(): number | undefined;
  /** What was not read, and why; grows while lines are read. */
  notRead: string[];
}

/** The target as a Ref in the namespace that stands beside it. */
export function refIn(target: string, namespace: string | undefined): Ref {
  const [kind = '', name = ''] = target.split('/', 2);
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
