import { setTimeout as sleep } from 'node:timers/promises';

/** The time that a cluster is given. It passes for real, but for tests, which would wait for minutes. */
export interface Patience {
  /** Milliseconds of a clock that only tells how much later one moment is than another. */
  nowMs(): number;
  /** Rejects when `signal` stops it. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realPatience: Patience = {
  nowMs: () => Date.now(),
  pause: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
};
