import { createHash } from 'node:crypto';
import { VigieError } from '../../core/errors.ts';
import { isAtLeast, type Level } from '../../logs/level.ts';
import { shapeOf } from '../../logs/line-shape.ts';
import type { FoundLine, LineSource } from './source.ts';
import type { TimeSpan } from './time-span.ts';

/*
 * A page of lines ends at a time, and others of that very nanosecond may belong to the next page. So a cursor says the
 * time and which of its lines were shown, by a few characters of a hash of each: of equal lines as many as there were.
 */

const hashChars = 6;
// Lines of one nanosecond that a cursor tells apart; their number is bounded as a cursor is.
const mostHashes = 500;

export interface RawPage {
  /** Oldest first. */
  lines: FoundLine[];
  /** Where older lines begin; undefined where there are none. */
  cursor: string | undefined;
  /** Lines of the time that were read, of any level. */
  read: number;
}

/** The newest lines of a time, or those before a cursor. @throws VigieError INVALID_INPUT for a cursor that is none */
export async function rawLines(
  source: LineSource,
  asked: {
    span: TimeSpan;
    limit: number;
    level: Level | undefined;
    cursor: string | undefined;
    /** The newest of some lines that an answer has room for. */
    fitting(lines: readonly FoundLine[]): FoundLine[];
  },
): Promise<RawPage> {
  const { limit, level } = asked;
  const start = asked.cursor === undefined ? undefined : readCursor(asked.cursor);
  const span = start === undefined ? asked.span : { from: asked.span.from, to: start.at + 1n };
  const left = new Map(start?.shown);
  let kept: FoundLine[] = [];
  let read = 0;
  // One more than is shown tells whether there is more.
  const newest = () => kept.toSorted(byTime).slice(-(limit + 1));
  for await (const block of source.lines(span)) {
    for (const line of block) {
      if (line.at >= span.to || line.at < span.from) continue;
      read += 1;
      if (level !== undefined && !isAtLeast(shapeOf(line.text).level, level)) continue;
      if (line.at === start?.at && take(left, hashOf(line))) continue;
      kept.push(line);
    }
    if (kept.length > limit * 4) kept = newest();
    if (source.order === 'newest first' && kept.length > limit) break;
  }
  const lines = newest();
  const shown = asked.fitting(lines.slice(-limit));
  return { lines: shown, cursor: shown.length < lines.length ? cursorBefore(shown, start) : undefined, read };
}

function cursorBefore(
  shown: readonly FoundLine[],
  start: { at: bigint; shown: ReadonlyMap<string, number> } | undefined,
): string | undefined {
  const [oldest] = shown;
  if (oldest === undefined) return undefined;
  const same = shown.filter(({ at }) => at === oldest.at).map(hashOf);
  const before =
    start?.at === oldest.at
      ? [...start.shown].flatMap(([hash, times]) => Array.from({ length: times }, () => hash))
      : [];
  return `${oldest.at}.${[...before, ...same].slice(0, mostHashes).join('')}`;
}

function readCursor(text: string): { at: bigint; shown: ReadonlyMap<string, number> } {
  const [, at, hashes = ''] = /^(\d{1,19})\.([\w-]*)$/.exec(text) ?? [];
  if (at === undefined || hashes.length % hashChars !== 0) {
    throw new VigieError('INVALID_INPUT', 'cursor: it is not one that logs_query gave', {
      hint: 'Take the cursor of the page before as it is, or leave it out.',
      details: { issues: [{ field: 'cursor', message: 'not a cursor' }] },
    });
  }
  const shown = new Map<string, number>();
  for (let index = 0; index < hashes.length; index += hashChars) {
    const hash = hashes.slice(index, index + hashChars);
    shown.set(hash, (shown.get(hash) ?? 0) + 1);
  }
  return { at: BigInt(at), shown };
}

function take(left: Map<string, number>, hash: string): boolean {
  const times = left.get(hash) ?? 0;
  if (times > 0) left.set(hash, times - 1);
  return times > 0;
}

function hashOf({ stream, text }: FoundLine): string {
  return createHash('sha256').update(`${stream}\n${text}`).digest('base64url').slice(0, hashChars);
}

function byTime(left: FoundLine, right: FoundLine): number {
  return left.at < right.at ? -1 : left.at > right.at ? 1 : 0;
}
