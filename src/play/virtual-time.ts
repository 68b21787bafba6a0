import { setTimeout as sleep } from 'node:timers/promises';
import type { Patience } from '../pipeline/changes/patience.ts';
import type { Sandbox } from '../sandbox/server.ts';

/** As much time as passes at once: whoever waits for a cluster looks at it that often anyway. */
const longestStepMs = 2_000;
/** What the cluster has done meanwhile gets to whoever watches it. */
const breathMs = 2;

/** The clock of a sandbox for all that go by it; whoever waits moves it on, so that an hour is over at once. */
export function virtualTime(sandbox: Sandbox): Patience {
  const { clock } = sandbox.cluster;
  const ends = new Set<{ at: number }>();
  let moving: Promise<void> | undefined;
  const move = async (): Promise<void> => {
    const next = Math.min(...[...ends].map(({ at }) => at)) - clock.now();
    await sandbox.advance(Math.ceil(Math.max(1, Math.min(next, longestStepMs))));
    moving = undefined;
  };
  return {
    nowMs: () => clock.now(),
    async pause(ms, signal) {
      const end = { at: clock.now() + ms };
      ends.add(end);
      try {
        while (clock.now() < end.at) {
          await sleep(breathMs, undefined, signal === undefined ? {} : { signal });
          moving ??= move();
          await moving;
        }
      } finally {
        ends.delete(end);
      }
    },
  };
}
