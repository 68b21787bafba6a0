import { expect, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import type { Preview } from '../../../src/core/preview.ts';
import type { Waiting } from '../../../src/pipeline/changes/kind.ts';
import { lookUntil } from '../../../src/pipeline/changes/look-until.ts';

const target = { kind: 'Pod', name: 'a', namespace: 'shop' };
const preview: Preview = {
  change: { kind: 'k8s-evict', target, uid: 'u1', node: 'n1' },
  operation: 'delete',
  target,
  volatile: [],
  warnings: [],
  alongside: [],
  undo: { possible: true },
  serverChecked: true,
  risk: { level: 'high', reasons: [] },
};

/** Waiting for some seconds of a clock that only pauses move; what is told and each pause are kept. */
function waitingFor(seconds: number): Waiting & { told: string[]; pauses: number[] } {
  let now = 0;
  const told: string[] = [];
  const pauses: number[] = [];
  return {
    told,
    pauses,
    preview,
    patience: {
      nowMs: () => now,
      async pause(ms) {
        pauses.push(ms);
        now += ms;
      },
    },
    deadlineMs: seconds * 1_000,
    signal: new AbortController().signal,
    progress: line => told.push(line),
  };
}

const late = async () => ['too late'];

test('looks come rarer and rarer, to the very end, and what they say is told once', async () => {
  const waiting = waitingFor(30);
  const outcome = await lookUntil(waiting, async () => ({ saying: 'not yet', late }));
  expect(outcome).toEqual({ state: 'unverified', evidence: ['too late'] });
  expect(waiting.told).toEqual(['not yet']);
  expect(waiting.patience.nowMs()).toBe(30_000);
  expect(waiting.pauses.slice(0, 2)).toEqual([200, 320]);
  expect(Math.max(...waiting.pauses)).toBe(2_000);
});

test('a look after one that could not be asked is told so, and the next is not', async () => {
  const unbroken: boolean[] = [];
  const outcome = await lookUntil(waitingFor(30), async since => {
    unbroken.push(since.unbroken);
    if (unbroken.length === 2) throw new VigieError('UNREACHABLE', 'no answer', { retryable: true });
    if (unbroken.length === 4) return { state: 'verified', evidence: [] };
    return { saying: 'not yet', late };
  });
  expect(outcome.state).toBe('verified');
  expect(unbroken).toEqual([true, true, false, true]);
});

test('an error that will not pass, or comes when the time is over, ends it', async () => {
  const fails = (retryable: boolean) => async () => {
    throw new VigieError('UNREACHABLE', 'no answer', { retryable });
  };
  const waiting = waitingFor(30);
  await expect(lookUntil(waiting, fails(false))).rejects.toThrow('no answer');
  expect(waiting.pauses).toEqual([]);
  await expect(lookUntil(waiting, fails(true))).rejects.toThrow('no answer');
  expect(waiting.patience.nowMs()).toBe(30_000);
});

test('what wakes it is asked for once, and let go of at the end', async () => {
  let asked = 0;
  let stopped = 0;
  let woken = 0;
  const outcome = await lookUntil(waitingFor(30), async () => {
    if (woken === 3) return { state: 'failed', evidence: ['so it is'] };
    const heed = () => {
      asked += 1;
      return { next: async () => void (woken += 1), stop: () => void (stopped += 1) };
    };
    return { saying: 'not yet', late, heed };
  });
  expect(outcome).toEqual({ state: 'failed', evidence: ['so it is'] });
  expect([asked, stopped]).toEqual([1, 1]);
});
