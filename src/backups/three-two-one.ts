import type { BackupDestination } from '../core/backup-set.ts';
import { goodCopies, type Shelf } from './catalogue.ts';

/** Whether a set would survive what befalls people: three copies, on two sorts of media, one of them elsewhere. */
export interface ThreeTwoOne {
  holds: boolean;
  /** With the source itself. */
  copies: number;
  media: readonly string[];
  offSite: readonly string[];
  /** What is missing, in words; empty: nothing. */
  missing: readonly string[];
}

/** What the live data lies on, unless proven otherwise. */
const sourceMedia = 'disk';
const wantedCopies = 3;
const wantedMedia = 2;

/**
 * Only destinations that hold a good copy count. Media and place are what vigie.yaml declares. `stored`: where an operator
 * keeps the data; however many destinations have a record of it, it is there once.
 */
export function judgeThreeTwoOne(
  shelves: readonly Shelf[],
  {
    destinations,
    stored,
  }: {
    destinations: ReadonlyMap<string, BackupDestination>;
    stored?: { media: string; offSite: boolean } | undefined;
  },
): ThreeTwoOne {
  const holding = shelves.flatMap(shelf => {
    const destination = destinations.get(shelf.destination);
    return destination === undefined || goodCopies(shelf).length === 0 ? [] : [destination];
  });
  const held =
    stored === undefined ? holding : holding.slice(0, 1).map(() => ({ name: 'the operator', ...stored }));
  const copies = held.length + 1;
  const media = [...new Set([sourceMedia, ...held.map(destination => destination.media)])];
  const offSite = held.filter(destination => destination.offSite).map(({ name }) => name);
  const missing = [
    ...(copies < wantedCopies ? [`${copies} of ${wantedCopies} copies`] : []),
    ...(media.length < wantedMedia ? [`all on ${media.join(', ')}`] : []),
    ...(offSite.length === 0 ? ['none off-site'] : []),
  ];
  return { holds: missing.length === 0, copies, media, offSite, missing };
}
