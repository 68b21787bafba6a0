import type { CopyName, CopyReader, Found, FoundCopy } from '../../core/copies.ts';
import { copyTime, documentBytes, isOfFuture, manifestName } from '../../core/copy.ts';
import { parseLock } from '../../core/copy-lock.ts';
import { newestReports } from '../../core/drill-reports.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { type Bucket, bucketError, lockName, openBucket, shortMs } from './client.ts';
import { newestOf, pagesBelow } from './listing.ts';

/** An hourly copy, kept for six weeks: whoever keeps more looks elsewhere. */
const mostCopies = 1_000;
/** Held at once, of the newest copies: a file is 200 bytes. */
const mostFiles = 50_000;
/** Of one copy: the newest that counts decides. */
const mostDrills = 3;
/** Unfinished ones, and those of a time to come: apart, so that none hides a good copy. */
const mostOdd = 100;
const manifestsAtOnce = 8;
/** A store that sends nothing for so long while a part is read is gone. */
const idleMs = 60_000;

/** Reads copies from a bucket. */
export class S3Reader implements CopyReader {
  readonly encryption = 'none';
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  get name(): string {
    return this.#bucket.name;
  }

  get shown(): string {
    return `${this.#bucket.endpoint}/${this.#bucket.bucket}/${this.#bucket.prefix}`;
  }

  get demands(): 'age' | 'none' {
    return this.#bucket.demands ?? 'none';
  }

  async find(set: string, only: Parameters<CopyReader['find']>[1] = {}): Promise<Found> {
    try {
      const client = await openBucket(this.#bucket, { deadlineMs: shortMs });
      const base = `${this.#bucket.prefix}${set}/`;
      const pages = await pagesBelow(client, only.copy === undefined ? base : `${base}${only.copy}/`);
      if (pages === undefined) throw this.#noBucket();
      const isCopy = (name: string): boolean => copyTime(name) !== undefined;
      const listed = await newestOf(pages, { base, isCopy, lockName, mostFiles });
      const files = listed.copies;
      const ids = [...files.keys()].sort().reverse();
      const now = new Date();
      const isOdd = (copy: string): boolean =>
        isOfFuture(copy, now) || files.get(copy)?.has(manifestName) !== true;
      const usual = ids.filter(copy => !isOdd(copy));
      const odd = ids.filter(isOdd);
      const looked = [...odd.slice(0, mostOdd), ...usual.slice(0, mostCopies)].sort().reverse();
      const copies = await inParallel(looked, {
        atOnce: manifestsAtOnce,
        task: copy =>
          this.#look(`${base}${copy}/`, { copy, sizes: files.get(copy) ?? new Map(), counts: only.counts }),
      });
      const text = only.copy !== undefined || listed.locked ? await client.getObject(base + lockName) : null;
      const lock = text === null ? undefined : parseLock(text);
      return {
        copies,
        cut: usual.length > mostCopies || odd.length > mostOdd || listed.cut,
        ...(lock === undefined ? {} : { lock }),
      };
    } catch (error) {
      throw bucketError(error, this.#bucket);
    }
  }

  async #look(
    place: string,
    {
      copy,
      sizes,
      counts,
    }: Pick<Parameters<typeof newestReports>[1], 'copy' | 'counts'> & {
      sizes: ReadonlyMap<string, number | undefined>;
    },
  ): Promise<FoundCopy> {
    if (!sizes.has(manifestName)) return { copy, drills: [] };
    const listed = [...sizes.keys()].map(file => ({ file, read: () => this.#document(place + file) }));
    const [manifest, drills] = await Promise.all([
      this.#document(place + manifestName),
      newestReports(listed, { copy, most: mostDrills, counts }),
    ]);
    return {
      copy,
      ...(manifest === undefined ? {} : { manifest }),
      drills,
      sizes,
    };
  }

  /** A small object; undefined when it went meanwhile. Of one that is larger than any manifest its beginning: nothing fits that. */
  async #document(key: string): Promise<string | undefined> {
    const client = await openBucket(this.#bucket, { deadlineMs: shortMs });
    const response = await client.getObjectResponse(key);
    if (response === null) return undefined;
    let text = '';
    const decoder = new TextDecoder();
    const body: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined;
    if (body === undefined) return '';
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > documentBytes) break;
    }
    return text;
  }

  async *open({ set, copy, part }: CopyName & { part: string }): AsyncIterable<Uint8Array> {
    const idle = new AbortController();
    const giveUp = (): void => idle.abort(new DOMException('the store went silent', 'TimeoutError'));
    const timer = setTimeout(giveUp, idleMs);
    try {
      const bucket = { ...this.#bucket, signal: AbortSignal.any([this.#bucket.signal, idle.signal]) };
      const client = await openBucket(bucket, { deadlineMs: 0 });
      const response = await client.getObjectResponse(`${bucket.prefix}${set}/${copy}/${part}`);
      if (response === null)
        throw new VigieError('NOT_FOUND', `${this.name} holds no part ${part} of copy ${copy} of ${set}.`);
      for await (const chunk of response.body ?? []) {
        // Whoever takes these bytes may take their time.
        clearTimeout(timer);
        yield chunk;
        timer.refresh();
      }
    } catch (error) {
      throw bucketError(error, this.#bucket);
    } finally {
      clearTimeout(timer);
    }
  }

  async freeBytes(): Promise<undefined> {
    return undefined;
  }

  #noBucket(): VigieError {
    return new VigieError(
      'DESTINATION',
      `There is no bucket ${this.#bucket.bucket} at ${this.#bucket.endpoint}.`,
      {
        hint: 'Make it, or change the destination in vigie.yaml.',
        details: { destination: this.name },
      },
    );
  }
}
