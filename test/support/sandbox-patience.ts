import { setTimeout as sleep } from 'node:timers/promises';
import type { Patience } from '../../src/pipeline/changes/patience.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';

// As much time as passes at once: less than anybody's shortest pause.
const stepMs = 100;
// What the cluster has done meanwhile gets to whoever watches it.
const breathMs = 4;

/** Patience by the clock of a sandbox: whoever waits moves it on, so that a minute is over at once and all in it has happened. */
export function patienceWith({ advance }: Pick<Sandbox, 'advance'>): Patience {
  let aheadMs = 0;
  let moving: Promise<void> | undefined;
  const nowMs = () => Date.now() + aheadMs;
  const move = async () => {
    await advance(stepMs);
    aheadMs += stepMs;
    moving = undefined;
  };
  return {
    nowMs,
    async pause(ms, signal) {
      const end = nowMs() + ms;
      while (nowMs() < end) {
        await sleep(breathMs, undefined, signal === undefined ? {} : { signal });
        moving ??= move();
        await moving;
      }
    },
  };
}
