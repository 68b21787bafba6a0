import { setTimeout as sleep } from 'node:timers/promises';
import type { Patience } from '../../src/pipeline/changes/patience.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';

// As much time as passes at once: watches wake whoever waits for longer.
const longestStepMs = 500;
// What the cluster has done meanwhile gets to whoever watches it.
const breathMs = 4;

/** Patience by the clock of a sandbox: whoever waits moves it on, so that a minute is over at once and all in it has happened. */
export function patienceWith({ advance }: Pick<Sandbox, 'advance'>): Patience {
  let aheadMs = 0;
  let moving: Promise<void> | undefined;
  const ends = new Set<{ at: number }>();
  const nowMs = () => Date.now() + aheadMs;
  const move = async () => {
    const next = Math.min(...[...ends].map(end => end.at)) - nowMs();
    const stepMs = Math.ceil(Math.max(1, Math.min(next, longestStepMs)));
    await advance(stepMs);
    aheadMs += stepMs;
    moving = undefined;
  };
  return {
    nowMs,
    async pause(ms, signal) {
      const end = { at: nowMs() + ms };
      ends.add(end);
      try {
        while (nowMs() < end.at) {
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
