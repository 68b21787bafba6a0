import type { ListQuery } from '../../clients/kube/reader.ts';
import { isExpired } from '../../clients/kube/refusals.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { Look } from './look.ts';

// A server forgets the moment of a list after some minutes, or some thousands of changes; who is that slow three times
// in a row will not be faster.
const mostStarts = 3;

/**
 * Reads a list page by page into `into`; `take` gives what is kept of a page before the next is asked for. Where the
 * server has forgotten the list halfway, it begins anew. What was read until another error stays. @throws VigieError
 */
export async function listWhole<Kept>(
  look: Look,
  list: {
    query: ListQuery;
    refused?: { unread: Set<string> };
    into: Kept[];
    take: (page: readonly KubeObject[]) => Iterable<Kept>;
    /** True: enough is known. */
    isEnough?: () => boolean;
  },
): Promise<void> {
  const { query, refused, into, take, isEnough } = list;
  for (let start = 1; ; start += 1) {
    try {
      for await (const page of look.kube.listAll(query, refused)) {
        for (const kept of take(page)) into.push(kept);
        if (isEnough?.() === true) return;
      }
      return;
    } catch (error) {
      if (!isExpired(error) || start >= mostStarts) throw error;
      into.length = 0;
    }
  }
}
