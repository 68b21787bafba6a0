import type { S3mini } from 's3mini';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';

// <prefix><set>/<copy>/<part>          an object a part
// <prefix><set>/<copy>/manifest.json   written last: without it the others are no copy
// <prefix><set>/<copy>/begun.partial   written first: what a killed backup left is found by it
// <prefix><set>/lock.json              who backs the set up just now

/** A bucket of an S3-compatible store, as vigie.yaml names it, with what opens it. */
export interface Bucket {
  /** Of the destination. */
  name: string;
  endpoint: string;
  region: string;
  bucket: string;
  /** Empty, or ends with a slash. */
  prefix: string;
  accessKey: string;
  secretKey: string;
  /** How copies there must be encrypted. Absent: they need not be. */
  demands?: 'age' | 'none';
  signal: AbortSignal;
}

export const begunName = 'begun.partial';
export const lockName = 'lock.json';

/** For a listing, a manifest, a lock. */
export const shortMs = 60_000;
/** For one piece of an upload, on a line of a megabit. */
export const pieceMs = 5 * 60_000;
const complaintChars = 200;

/** A client each of whose requests is over within so many milliseconds, body and all; 0: only the call's own signal ends it. */
export async function openBucket(
  bucket: Bucket,
  {
    deadlineMs,
    onlyOver,
  }: {
    deadlineMs: number;
    /** Writes only over what has this ETag, or where nothing stands, in stores that know conditions. Absent: over anything. */
    onlyOver?: string;
  },
): Promise<S3mini> {
  const { S3mini } = await import('s3mini');
  return new S3mini({
    accessKeyId: bucket.accessKey,
    secretAccessKey: bucket.secretKey,
    endpoint: `${bucket.endpoint}/${bucket.bucket}`,
    region: bucket.region,
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      if (onlyOver === 'nothing') headers.set('if-none-match', '*');
      else if (onlyOver !== undefined) headers.set('if-match', `"${onlyOver}"`);
      return fetch(input, {
        ...init,
        headers,
        // The credentials are meant for this host alone.
        redirect: 'manual',
        signal: AbortSignal.any([
          bucket.signal,
          ...(deadlineMs === 0 ? [] : [AbortSignal.timeout(deadlineMs)]),
        ]),
      });
    },
  });
}

/** The status that a store refused with; undefined for an error of another sort. */
export function refusedWith(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

/** What a store or the line to it said, told once. */
export function bucketError(error: unknown, { name, endpoint, bucket }: Bucket): unknown {
  if (error instanceof VigieError || !(error instanceof Error)) return error;
  const where = `the bucket ${bucket} at ${endpoint} (destination ${name})`;
  const details = { destination: name };
  if (error.name === 'TimeoutError')
    return new VigieError('TIMEOUT', `No answer came in time from ${where}.`, { details, retryable: true });
  if (error.name === 'AbortError') return new VigieError('CANCELLED', `The call to ${where} was stopped.`);
  const status = refusedWith(error);
  if (status === undefined) {
    // fetch says no more than that it failed; why stands in its cause.
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    const why = cleanLine(cause, complaintChars);
    return new VigieError('UNREACHABLE', `No connection to ${where}: ${why}.`, { details, retryable: true });
  }
  const said = 'code' in error && typeof error.code === 'string' ? `, ${cleanLine(error.code, 60)}` : '';
  const message = `The store refused for ${where} (${status}${said}).`;
  const hint = 'Look at accessKey, secretKey, bucket and region of that destination in vigie.yaml.';
  if (status === 401 || /SignatureDoesNotMatch|InvalidAccessKeyId/.test(said))
    return new VigieError('UNAUTHENTICATED', message, { hint, details });
  if (status === 403) return new VigieError('FORBIDDEN', message, { hint, details });
  if (status === 404 || (status >= 300 && status < 400))
    return new VigieError('DESTINATION', message, { hint, details });
  return new VigieError(status >= 500 ? 'SERVER_ERROR' : 'DESTINATION', message, {
    details,
    retryable: status >= 500,
  });
}
