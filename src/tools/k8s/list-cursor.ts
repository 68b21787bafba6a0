import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/*
 * A cursor names a page of the server and how many of its rows were shown: a page that did not fit into an answer is
 * read again with the limit it had, and its shown rows are skipped. Form: `<skip>.<limit>.<token of the server>`.
 */

/** A place in a list. Without a token it is the server's first page. */
export interface ListPlace {
  token: string | undefined;
  skip: number;
  limit: number;
}

/** The place that a cursor names; the start of the list when there is none. */
export function readCursor(cursor: string | undefined, limit: number): ListPlace {
  if (cursor === undefined) return { token: undefined, skip: 0, limit };
  const parts = /^(\d{1,4})\.(\d{1,4})\.(.*)$/s.exec(cursor);
  const place = { token: parts?.[3] || undefined, skip: Number(parts?.[1]), limit: Number(parts?.[2]) };
  if (parts === null || place.limit < 1 || place.limit > limits.listPage) {
    throw new VigieError('INVALID_INPUT', 'cursor: not a cursor of k8s_list', {
      hint: 'Pass the cursor of the answer before, unchanged, or leave it out to start again.',
      details: { issues: [{ field: 'cursor', message: 'not a cursor of k8s_list' }] },
    });
  }
  return place;
}

export function writeCursor(place: ListPlace): string {
  return `${place.skip}.${place.limit}.${place.token ?? ''}`;
}
