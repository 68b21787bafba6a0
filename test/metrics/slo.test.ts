import { describe, expect, test } from 'vitest';
import { burnWindows, type Events, judgeSlo } from '../../src/metrics/slo.ts';

const [hour] = burnWindows;
const calm: Events = { good: 1_000_000, total: 1_000_000, partly: false };
/** Of a thousand events of an objective of 99.9 %, one bad one burns at 1. */
const at = (rate: number): Events => ({ good: 1_000 - rate, total: 1_000, partly: false });
const judged = (events: Events, late: Events) => {
  const { state, burns } = judgeSlo(99.9, { all: calm, windows: [{ ...hour, events, late }] });
  return { state, over: burns[0]?.over, past: burns[0]?.past };
};

describe('a budget burns too fast', () => {
  test.each([
    ['where both are over the limit', at(15), at(15), { state: 'burning', over: true, past: false }],
    ['no longer, where the last of it is well', at(15), at(0), { state: 'ok', over: false, past: true }],
    ['not yet, where only the last of it is bad', at(14), at(500), { state: 'ok', over: false, past: false }],
    [
      'no longer, where nobody comes any more',
      at(15),
      { good: undefined, total: 0, partly: false },
      { state: 'ok', over: false, past: true },
    ],
    [
      'for all that is known, where the last of it has no data',
      at(15),
      { good: undefined, total: undefined, partly: false },
      { state: 'burning', over: true, past: false },
    ],
  ])('%s', (_what, events, late, verdict) => {
    expect(judged(events, late)).toEqual(verdict);
  });
});

test('the last twelfth is what each window is held against', () => {
  for (const { seconds, lately } of burnWindows) expect(seconds / lately).toBe(12);
});
