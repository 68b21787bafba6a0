import { expect, test } from 'vitest';
import { checkClock } from '../../src/pipeline/clock.ts';
import { environment } from '../tools/changes/recorded.ts';

const now = new Date('2026-11-21T10:00:00Z');
const ahead = { serverTime: () => new Date('2026-11-21T13:00:00Z') };

test('a cluster whose clock is hours away from ours is not changed', () => {
  const asked = { environment: { view: environment('prod') }, now };
  expect(() => checkClock(ahead, asked)).toThrow(expect.objectContaining({ code: 'CLOCK_SKEW' }));
});

test('a sandbox whose time was moved is', () => {
  const asked = { environment: { view: { ...environment('prod'), kind: 'sandbox' as const } }, now };
  expect(() => checkClock(ahead, asked)).not.toThrow();
});
