import type { S3mini } from 's3mini';
import type { CopyName, LockHolder } from '../../core/copies.ts';
import { isStale, locked, lockLost, lockTextOf, parseLock, renewLockMs } from '../../core/copy-lock.ts';
import type { VigieError } from '../../core/errors.ts';
import { type HeldLock, holdLock } from '../../core/held-lock.ts';
import { type Bucket, lockName, openBucket, refusedWith, shortMs } from './client.ts';

/**
 * Takes the lock of a set, or says who has it. A stale one is taken over only when asked to, by a write in its place: stores that
 * know conditions refuse it where somebody else was there meanwhile, and the others are looked at once more.
 */
export async function takeLock(
  bucket: Bucket,
  { set, copy, breakLock }: CopyName & { breakLock: boolean },
): Promise<HeldLock> {
  const key = `${bucket.prefix}${set}/${lockName}`;
  const shown = `${bucket.endpoint}/${bucket.bucket}`;
  const textNow = lockTextOf({ copy });
  const client = await openBucket(bucket, { deadlineMs: shortMs });
  const look = async (by: S3mini) => {
    const { etag, data } = await by.getObjectWithETag(key);
    if (data === null) return undefined;
    return { etag, lock: parseLock(Buffer.from(data).toString('utf8')) };
  };
  const refuse = (lock: LockHolder): VigieError =>
    locked({ set }, { lock, stale: isStale(lock, new Date()), shown });
  const prove = async (by = client): Promise<void> => {
    const now = (await look(by))?.lock;
    if (now?.copy === copy) return;
    throw now === undefined ? lockLost({ set }, shown) : refuse(now);
  };
  // The call may be stopped at any time: what keeps and frees the lock ends by this alone, all its requests together.
  const apart = (): Promise<S3mini> =>
    openBucket({ ...bucket, signal: AbortSignal.timeout(shortMs) }, { deadlineMs: shortMs });
  const remove = async (): Promise<void> => {
    const by = await apart();
    await prove(by);
    await by.deleteObject(key);
  };
  const found = await look(client);
  const there = found?.lock;
  if (there !== undefined && (!breakLock || !isStale(there, new Date()))) throw refuse(there);
  const onlyOver = there === undefined ? 'nothing' : (found?.etag ?? undefined);
  const first = await openBucket(bucket, {
    deadlineMs: shortMs,
    ...(onlyOver === undefined ? {} : { onlyOver }),
  });
  try {
    await first.putObject(key, textNow(), 'application/json').catch((error: unknown) => {
      // Somebody else has it, or it was freed meanwhile: what then stands there tells.
      if (![412, 409, 404].includes(refusedWith(error) ?? 0)) throw error;
    });
    await prove();
  } catch (error) {
    // It may have been written all the same.
    await remove().catch(() => undefined);
    throw error;
  }
  return holdLock({
    everyMs: renewLockMs,
    prove: () => prove(),
    renew: async () => {
      const by = await apart();
      await prove(by);
      await by.putObject(key, textNow(), 'application/json');
    },
    remove,
  });
}
