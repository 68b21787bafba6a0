import type { S3mini } from 's3mini';
import type { CopyDraft, CopyName, CopyWriter } from '../../core/copies.ts';
import { manifestName, mustBePartName } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import type { HeldLock } from '../../core/held-lock.ts';
import { Measure } from '../../core/measure.ts';
import { type Bucket, begunName, bucketError, openBucket, pieceMs, refusedWith, shortMs } from './client.ts';
import { pagesBelow } from './listing.ts';
import { takeLock } from './lock.ts';
import { endUploads } from './unfinished-uploads.ts';

/** Held in memory while it is sent; stores take 5 MiB at least. */
const pieceBytes = 8 * 1024 * 1024;
/** Stores take 10,000 pieces: they grow on the way, so that five terabytes fit, which is the most of one object. */
const piecesOfOneSize = 1_000;
const mostPieces = 10_000;
const pieceAttempts = 3;

/** Writes copies to a bucket, each part while its bytes come. */
export class S3Writer implements CopyWriter {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  get name(): string {
    return this.#bucket.name;
  }

  async begin({ set, copy, breakLock }: CopyName & { breakLock?: boolean }): Promise<CopyDraft> {
    const bucket = this.#bucket;
    try {
      const lock = await takeLock(bucket, { set, copy, breakLock: breakLock === true });
      try {
        const client = await openBucket(bucket, { deadlineMs: shortMs });
        const place = `${bucket.prefix}${set}/${copy}/`;
        // Whoever holds the lock is the only one to write below the set. What cannot be ended is no reason to make no copy.
        await endUploads(client, `${bucket.prefix}${set}/`).catch(() => undefined);
        await client.putObject(place + begunName, '', 'text/plain');
        return new Draft({ bucket, place, lock });
      } catch (error) {
        await lock.release();
        throw error;
      }
    } catch (error) {
      throw bucketError(error, bucket);
    }
  }

  async note({ set, copy, file, text }: CopyName & { file: string; text: string }): Promise<void> {
    const bucket = this.#bucket;
    try {
      const client = await openBucket(bucket, { deadlineMs: shortMs });
      const place = `${bucket.prefix}${set}/${copy}/`;
      if ((await client.objectExists(place + manifestName)) !== true)
        throw new VigieError('NOT_FOUND', `${this.name} holds no copy ${copy} of ${set}.`);
      await client.putObject(place + file, text, 'application/json');
    } catch (error) {
      throw bucketError(error, bucket);
    }
  }

  async remove({ set, copy }: CopyName): Promise<void> {
    await removeAll(this.#bucket, `${this.#bucket.prefix}${set}/${copy}/`);
  }
}

class Draft implements CopyDraft {
  readonly #bucket: Bucket;
  readonly #place: string;
  readonly #lock: HeldLock;

  constructor(of: { bucket: Bucket; place: string; lock: HeldLock }) {
    this.#bucket = of.bucket;
    this.#place = of.place;
    this.#lock = of.lock;
  }

  async put(part: string, bytes: AsyncIterable<Uint8Array>): Promise<{ bytes: number; sha256: string }> {
    mustBePartName(part);
    const client = await openBucket(this.#bucket, { deadlineMs: pieceMs });
    const measure = new Measure();
    let upload: Upload | undefined;
    try {
      let count = 0;
      for await (const piece of piecesOf(bytes, measure)) {
        count += 1;
        if (count > mostPieces)
          throw new VigieError('DESTINATION', `The part ${part} is larger than an object of a store may be.`);
        // One that fits into a single piece is one object at once.
        if (piece.last && upload === undefined) {
          await this.#asOurs(client.putObject(this.#place + part, piece.bytes, 'application/octet-stream'));
          return measure.facts();
        }
        upload ??= await this.#asOurs(Upload.begin(client, this.#place + part));
        await this.#asOurs(upload.add(piece.bytes, count));
      }
      await this.#asOurs(upload?.complete() ?? Promise.resolve());
      return measure.facts();
    } catch (error) {
      await upload?.abort();
      throw error;
    }
  }

  async seal(manifest: string): Promise<void> {
    await this.#asOurs(this.#seal(manifest));
  }

  async #seal(manifest: string): Promise<void> {
    await this.#lock.prove();
    const client = await openBucket(this.#bucket, { deadlineMs: shortMs });
    await client.putObject(this.#place + manifestName, manifest, 'application/json');
    await client.deleteObject(this.#place + begunName);
    await this.#lock.release();
  }

  async leave(): Promise<void> {
    try {
      // The call may have been stopped: what it left is taken away all the same.
      await removeAll({ ...this.#bucket, signal: new AbortController().signal }, this.#place);
    } catch {
      // It stays listed as incomplete, and can be pruned.
    }
    await this.#lock.release();
  }

  /** Errors of the store in words; those of whoever gives the bytes are left as they are. */
  async #asOurs<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw bucketError(error, this.#bucket);
    }
  }
}

/** One object that comes in pieces. */
class Upload {
  readonly #client: S3mini;
  readonly #key: string;
  readonly #id: string;
  readonly #parts: { partNumber: number; etag: string }[] = [];

  private constructor(of: { client: S3mini; key: string; id: string }) {
    this.#client = of.client;
    this.#key = of.key;
    this.#id = of.id;
  }

  static async begin(client: S3mini, key: string): Promise<Upload> {
    return new Upload({
      client,
      key,
      id: await client.getMultipartUploadId(key, 'application/octet-stream'),
    });
  }

  async add(bytes: Uint8Array, number: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1)
      try {
        // The same piece again takes the place of the one that was lost.
        this.#parts.push(await this.#client.uploadPart(this.#key, this.#id, bytes, number));
        return;
      } catch (error) {
        const status = refusedWith(error);
        if (attempt >= pieceAttempts || (status !== undefined && status < 500)) throw error;
      }
  }

  async complete(): Promise<void> {
    await this.#client.completeMultipartUpload(this.#key, this.#id, this.#parts);
  }

  /** Pieces of an upload that nobody completes are paid for, and listed nowhere. Never throws. */
  async abort(): Promise<void> {
    await this.#client.abortMultipartUpload(this.#key, this.#id).catch(() => undefined);
  }
}

async function* piecesOf(
  bytes: AsyncIterable<Uint8Array>,
  measure: Measure,
): AsyncGenerator<{ bytes: Uint8Array; last: boolean }> {
  let held: Uint8Array[] = [];
  let size = 0;
  let count = 0;
  for await (const chunk of bytes) {
    measure.add(chunk);
    held.push(chunk);
    size += chunk.length;
    const wanted = pieceBytes * (1 + Math.floor(count / piecesOfOneSize));
    // One byte more than a piece: the last one is never empty.
    while (size > wanted) {
      const all = Buffer.concat(held);
      yield { bytes: all.subarray(0, wanted), last: false };
      count += 1;
      held = [all.subarray(wanted)];
      size -= wanted;
    }
  }
  yield { bytes: Buffer.concat(held), last: true };
}

/** Everything below a place, what makes it a copy first. */
async function removeAll(bucket: Bucket, place: string): Promise<void> {
  try {
    const client = await openBucket(bucket, { deadlineMs: shortMs });
    await client.deleteObject(place + manifestName);
    await endUploads(client, place);
    for await (const page of (await pagesBelow(client, place)) ?? [])
      if (page.length > 0) await client.deleteObjects(page.map(({ Key }) => Key));
    // A store may say what it could not remove, or count its pages anew meanwhile: what is listed still tells.
    for await (const page of (await pagesBelow(client, place)) ?? [])
      if (page.length > 0)
        throw new VigieError(
          'DESTINATION',
          `Not all objects below ${place} could be removed at ${bucket.name}.`,
          { details: { destination: bucket.name } },
        );
  } catch (error) {
    throw bucketError(error, bucket);
  }
}
