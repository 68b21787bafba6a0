import { pipeline } from 'node:stream/promises';
import type { Gunzip, Gzip } from 'node:zlib';
import { VigieError } from '../../core/errors.ts';

/** Bytes on their way through gzip. @throws VigieError BACKUP for what is no gzip, and what `bytes` throw */
export async function* through(
  gzip: Gzip | Gunzip,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  pipeline(bytes, gzip).catch(() => undefined);
  const unpacked: AsyncIterable<Uint8Array> = gzip;
  try {
    yield* unpacked;
  } catch (error) {
    if (error instanceof VigieError) throw error;
    throw new VigieError('BACKUP', 'Compressed WAL cannot be unpacked.', { cause: error });
  }
}
