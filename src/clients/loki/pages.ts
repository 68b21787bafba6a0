import { VigieError } from '../../core/errors.ts';

/** One line as Loki keeps it. */
export interface LokiEntry {
  /** Nanoseconds since 1970: many lines may have the same. */
  at: bigint;
  labels: Readonly<Record<string, string>>;
  /** The labels as one text, for telling streams apart. */
  stream: string;
  line: string;
}

/** Asks for the newest lines of a time, its end not included. */
export type PageOf = (asked: { from: bigint; to: bigint; limit: number }) => Promise<LokiEntry[]>;

// What a server gives in one answer unless it was told otherwise (max_entries_limit_per_query).
const mostEntries = 5_000;
// A page that is too large is asked for again by a quarter of its lines, down to one; the next may be larger again.
const smaller = 4;

/*
 * Loki pages by time alone, and a page may end in the middle of lines of one nanosecond. The next page is asked for
 * from that nanosecond on again, and what was given of it already is taken out: of equal lines as many as there were.
 * `lost` hears of a nanosecond that may have more lines than a page holds: those cannot be asked for.
 */
export async function* newestPages(
  { from, to }: { from: bigint; to: bigint },
  pageOf: PageOf,
  lost: (at: bigint) => void,
): AsyncGenerator<LokiEntry[]> {
  let end = to;
  let most = mostEntries;
  let limit = most;
  let given = new Map<string, number>();
  while (end > from) {
    let page: LokiEntry[];
    try {
      page = await pageOf({ from, to: end, limit });
    } catch (error) {
      const fewer = fewerFor(error, limit);
      if (fewer === undefined) throw error;
      limit = fewer.limit;
      most = Math.min(most, fewer.most ?? most);
      continue;
    }
    const fresh = withoutGiven(page, { given, boundary: end - 1n });
    if (fresh.length > 0) yield fresh;
    if (page.length < limit) return;
    const oldest = page.reduce((least, { at }) => (at < least ? at : least), end);
    // A whole page of one nanosecond: the rest of its lines cannot be asked for, whatever is older can.
    const stuck = fresh.length === 0 || oldest >= end - 1n;
    if (stuck) lost(end - 1n);
    end = stuck ? end - 1n : oldest + 1n;
    given = stuck ? new Map() : countOf(page.filter(({ at }) => at === oldest));
    limit = Math.min(most, limit * smaller);
  }
}

function fewerFor(error: unknown, limit: number): { limit: number; most?: number } | undefined {
  if (!(error instanceof VigieError)) return undefined;
  const allowed = error.details['mostEntries'];
  if (typeof allowed === 'number' && allowed > 0 && allowed < limit) return { limit: allowed, most: allowed };
  if (error.details['tooLarge'] !== true || limit <= 1) return undefined;
  return { limit: Math.max(1, Math.floor(limit / smaller)) };
}

/** Without the lines of the boundary that were given with the page before, and without any that are newer. */
function withoutGiven(
  page: readonly LokiEntry[],
  { given, boundary }: { given: ReadonlyMap<string, number>; boundary: bigint },
): LokiEntry[] {
  const left = new Map(given);
  return page.filter(entry => {
    if (entry.at > boundary) return false;
    if (entry.at < boundary) return true;
    const times = left.get(keyOf(entry)) ?? 0;
    if (times > 0) left.set(keyOf(entry), times - 1);
    return times === 0;
  });
}

function countOf(entries: readonly LokiEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(keyOf(entry), (counts.get(keyOf(entry)) ?? 0) + 1);
  return counts;
}

function keyOf({ stream, line }: LokiEntry): string {
  return `${stream}\n${line}`;
}
