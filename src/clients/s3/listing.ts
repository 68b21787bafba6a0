import type { ListObject, S3mini } from 's3mini';
import { VigieError } from '../../core/errors.ts';

const pageKeys = 1_000;
/** Ten million keys below one set: whoever has more has no listing that ends. */
const mostPages = 10_000;

/** What lies below a place, by its key, a page at a time and to the end; undefined: there is no such bucket. */
export async function pagesBelow(
  client: S3mini,
  place: string,
): Promise<AsyncIterable<readonly ListObject[]> | undefined> {
  const first = await client.listObjectsPaged('/', place, pageKeys);
  if (first === null || first === undefined) return undefined;
  return pagesFrom(first, { client, place });
}

async function* pagesFrom(
  first: NonNullable<Awaited<ReturnType<S3mini['listObjectsPaged']>>>,
  { client, place }: { client: S3mini; place: string },
): AsyncGenerator<readonly ListObject[]> {
  let page = first;
  for (let pages = 1; ; pages += 1) {
    yield (page.objects ?? []).filter(({ Key }) => Key.startsWith(place));
    const { nextContinuationToken: token } = page;
    if (token === undefined || token === '') return;
    if (pages >= mostPages)
      throw new VigieError('DESTINATION', `Below ${place} lie more than ${pageKeys * mostPages} objects.`, {
        hint: 'Remove old copies by a rule of the bucket for the life of its objects.',
      });
    page = (await client.listObjectsPaged('/', place, pageKeys, token)) ?? { objects: [] };
  }
}

/** The files of copies below a place, by copy and name, with their sizes. */
export interface ListedCopies {
  copies: Map<string, Map<string, number | undefined>>;
  /** A lock stands there. */
  locked: boolean;
  /** Older copies were let go: what is held at once is bounded. */
  cut: boolean;
}

/** The newest copies of a listing, whose keys begin with what tells their time: older ones go, once there are too many files. */
export async function newestOf(
  pages: AsyncIterable<readonly ListObject[]>,
  at: { base: string; isCopy: (name: string) => boolean; lockName: string; mostFiles: number },
): Promise<ListedCopies> {
  const copies: ListedCopies['copies'] = new Map();
  let [files, locked, cut] = [0, false, false];
  for await (const page of pages)
    for (const { Key, Size } of page) {
      const [copy = '', file, ...deeper] = Key.slice(at.base.length).split('/');
      if (file === undefined) locked ||= copy === at.lockName;
      if (file === undefined || deeper.length > 0 || !at.isCopy(copy)) continue;
      const known = copies.get(copy) ?? new Map<string, number | undefined>();
      copies.set(copy, known.set(file, sizeOf(Size)));
      files += 1;
      const [oldest] = copies;
      if (files <= at.mostFiles || oldest === undefined || copies.size === 1) continue;
      copies.delete(oldest[0]);
      files -= oldest[1].size;
      cut = true;
    }
  return { copies, locked, cut };
}

/** A store may give sizes as texts; what is no number says nothing. */
function sizeOf(told: unknown): number | undefined {
  const size = typeof told === 'string' ? Number.parseInt(told, 10) : told;
  return typeof size === 'number' && Number.isSafeInteger(size) ? size : undefined;
}
