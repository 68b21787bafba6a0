import type { S3mini } from 's3mini';
import { isObject, textOf } from '../../core/json.ts';
import { refusedWith } from './client.ts';

/** Stores list a thousand at once: a set leaves one for each backup that was killed. */
const mostPages = 10;

/**
 * Ends uploads that nobody completes below a place: their pieces are paid for, and stand in no listing of objects. Only
 * for a place where no upload may run. A store that refuses to list or to end them keeps them: it may know no such
 * request, or these credentials may not ask it.
 */
export async function endUploads(client: S3mini, place: string): Promise<void> {
  try {
    let after: Record<string, string> = {};
    for (let page = 0; page < mostPages; page += 1) {
      const answer: unknown = await client.listMultipartUploads('/', '', 'GET', { prefix: place, ...after });
      const listed = isObject(answer) ? answer['ListMultipartUploadsResult'] : undefined;
      if (!isObject(listed)) return;
      const uploads: unknown[] = [listed['Upload'] ?? []].flat();
      for (const upload of uploads) await end(client, { upload, place });
      if (textOf(listed, 'IsTruncated') !== 'true') return;
      after = {
        'key-marker': textOf(listed, 'NextKeyMarker'),
        'upload-id-marker': textOf(listed, 'NextUploadIdMarker'),
      };
    }
  } catch (error) {
    const status = refusedWith(error);
    if (status === undefined || (status >= 500 && status !== 501)) throw error;
  }
}

async function end(client: S3mini, { upload, place }: { upload: unknown; place: string }): Promise<void> {
  const key = textOf(upload, 'Key');
  const id = textOf(upload, 'UploadId');
  if (id === '' || !key.startsWith(place)) return;
  try {
    await client.abortMultipartUpload(key, id);
  } catch (error) {
    // Somebody else has ended it meanwhile.
    if (refusedWith(error) !== 404) throw error;
  }
}
