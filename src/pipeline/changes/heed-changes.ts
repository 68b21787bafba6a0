import type { KubeReader, WatchQuery } from '../../clients/kube/reader.ts';
import type { Patience } from './patience.ts';

// Each is a connection that stays open; the changes of a plan are waited for side by side, and the rest of them poll.
const mostWatches = 8;
// A rollout changes many objects at once: they are looked at together.
const gatherMs = 100;

const watching = new WeakMap<KubeReader, number>();

/** Wakes whoever waits for objects to change. */
export interface Heeding {
  /** Resolves soon after something has changed, at the latest after `ms`. Rejects when `signal` stops it. */
  next(wait: { ms: number; signal: AbortSignal; patience: Patience }): Promise<void>;
  stop(): void;
}

/** Watches from where each query stands. Where watching is not allowed or breaks off, time alone wakes. */
export function heedChanges(reader: KubeReader, queries: readonly WatchQuery[]): Heeding {
  const stopped = new AbortController();
  let wake = Promise.withResolvers<void>();
  const follow = async (query: WatchQuery) => {
    watching.set(reader, (watching.get(reader) ?? 0) + 1);
    try {
      for await (const { type } of reader.watch({ ...query, signal: stopped.signal }))
        if (type !== 'BOOKMARK') wake.resolve();
    } catch {
      // What cannot be watched is polled, which finds the same a little later.
    } finally {
      watching.set(reader, (watching.get(reader) ?? 1) - 1);
    }
  };
  for (const query of queries) if ((watching.get(reader) ?? 0) < mostWatches) void follow(query);
  return {
    async next({ ms, signal, patience }) {
      const timer = new AbortController();
      try {
        const over = patience.pause(ms, AbortSignal.any([signal, timer.signal])).then(() => false);
        const woken = await Promise.race([wake.promise.then(() => true), over]);
        wake = Promise.withResolvers();
        if (woken) await patience.pause(Math.min(gatherMs, ms), signal);
      } finally {
        timer.abort();
      }
    },
    stop: () => stopped.abort(),
  };
}
