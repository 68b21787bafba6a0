/** A lock that is renewed until it is released. */
export interface HeldLock {
  /** @throws VigieError CONFLICT when it was taken over meanwhile */
  prove(): Promise<void>;
  /** Waits for the renewal that runs. Never throws. */
  release(): Promise<void>;
}

/**
 * Renews a lock until its release. `renew` and `remove` must end in bounded time, and by no signal of the call that is
 * backed up: one that was stopped releases its lock too, and a renewal cut off may still be carried out by its store.
 */
export function holdLock(lock: {
  everyMs: number;
  prove: () => Promise<void>;
  /** What it throws is left: a lock that cannot be renewed is missed when the copy is sealed. */
  renew: () => Promise<void>;
  /** What it throws is left: the lock is another's by now, or goes stale. */
  remove: () => Promise<void>;
}): HeldLock {
  let renewing: Promise<void> | undefined;
  const timer = setInterval(() => {
    renewing ??= lock
      .renew()
      .catch(() => undefined)
      .finally(() => {
        renewing = undefined;
      });
  }, lock.everyMs);
  timer.unref();
  return {
    prove: lock.prove,
    release: async () => {
      clearInterval(timer);
      // Written after the lock was taken away it would be there again, and nobody's.
      await renewing;
      await lock.remove().catch(() => undefined);
    },
  };
}
