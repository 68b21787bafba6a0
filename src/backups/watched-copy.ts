import type { OpenCopy } from './engine.ts';

/** A copy that remembers what was read of it, so that whoever proves it can say which bytes were. */
export interface WatchedCopy extends OpenCopy {
  /** `copy/part` of those that were read to their end, which is reached only if they are whole; older copies' too. */
  readonly proven: ReadonlySet<string>;
  /** Why reading a part ended early, in the order in which it happened: the program that read it knows only that it did. */
  readonly troubles: readonly unknown[];
}

/** The same copy, watched. */
export function watchCopy(copy: OpenCopy): WatchedCopy {
  return watched(copy, { proven: new Set(), troubles: [] });
}

function watched(copy: OpenCopy, seen: { proven: Set<string>; troubles: unknown[] }): WatchedCopy {
  return {
    ...seen,
    manifest: copy.manifest,
    async *open(part) {
      try {
        yield* copy.open(part);
        seen.proven.add(`${copy.manifest.copy}/${part}`);
      } catch (error) {
        seen.troubles.push(error);
        throw error;
      }
    },
    async restoreTree(part, to) {
      try {
        const restored = await copy.restoreTree(part, to);
        if (to.only === undefined) seen.proven.add(`${copy.manifest.copy}/${part}`);
        return restored;
      } catch (error) {
        seen.troubles.push(error);
        throw error;
      }
    },
    older: async other => watched(await copy.older(other), seen),
  };
}
