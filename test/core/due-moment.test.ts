import { expect, test } from 'vitest';
import { dueMoment } from '../../src/core/due-moment.ts';
import { lastMoment, nextMoments, type Rhythm } from '../../src/core/schedule-times.ts';
import { fc } from '../support/properties.ts';

const hourMs = 3_600_000;
/** Zones that change their clocks, by half an hour, at midnight and not at all. */
const zones = [
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Havana',
  'Asia/Kolkata',
  'Africa/Casablanca',
];
const rhythms = fc.record({
  cron: fc.constantFrom(
    '30 2 * * *',
    '0 0 * * *',
    '*/20 * * * *',
    '15 1-3 * * *',
    '0 3 * * 0',
    '0 4 1 * *',
    '59 23 31 12 *',
  ),
  timeZone: fc.constantFrom(...zones),
});
const year = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-12-31') });

/** Ticks at these times, and answers the moments that each began. */
function tickAt(rhythm: Rhythm, { since, times }: { since: Date; times: readonly number[] }): Date[] {
  const begun: Date[] = [];
  for (const time of times) {
    const moment = dueMoment(rhythm, { now: new Date(time), since, begun });
    if (moment !== undefined) begun.push(moment);
  }
  return begun;
}

test('ticked each five minutes, every moment is begun once: also where clocks change', () => {
  fc.assert(
    fc.property(
      rhythms,
      fc.constantFrom('2026-03-08', '2026-03-28', '2026-10-03', '2026-10-24', '2026-10-31'),
      (rhythm, day) => {
        const from = Date.parse(`${day}T00:00:00Z`);
        const hours = 36;
        const times = Array.from({ length: hours * 12 }, (_, index) => from + index * 5 * 60_000);
        const until = times.at(-1) ?? from;
        const begun = tickAt(rhythm, { since: new Date(from), times });
        const named = nextMoments(rhythm, { now: new Date(from), count: hours * 3 + 1 }).filter(
          moment => moment.getTime() <= until,
        );
        expect(begun).toEqual(named);
      },
    ),
    { numRuns: 15 },
  );
});

test('wherever the clock jumps, no moment is begun twice, and none before the approval', () => {
  fc.assert(
    fc.property(
      rhythms,
      year,
      fc.array(fc.integer({ min: -60 * 24, max: 60 * 24 }), { maxLength: 40 }),
      (rhythm, start, jumps) => {
        const since = new Date(start);
        let now = start;
        const times = jumps.map(hours => {
          now += hours * hourMs;
          return now;
        });
        const begun = tickAt(rhythm, { since, times });
        expect(new Set(begun.map(Number)).size).toBe(begun.length);
        for (const moment of begun) expect(moment.getTime()).toBeGreaterThan(start);
      },
    ),
    { numRuns: 300 },
  );
});

test('a clock that was ahead once keeps nothing back, and brings nothing twice, once it is right again', () => {
  fc.assert(
    fc.property(rhythms, year, fc.integer({ min: 1, max: 60 * 24 }), (rhythm, start, hours) => {
      const since = new Date(start);
      const nights = nextMoments(rhythm, { now: since, count: 5 }).map(Number);
      const ahead = tickAt(rhythm, { since, times: [start + hours * hourMs] });
      const begun = tickAt(rhythm, { since, times: [start + hours * hourMs, ...nights] });
      const expected = [...ahead.map(Number), ...nights.filter(night => night !== ahead[0]?.getTime())];
      expect(begun.map(Number)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('a gap is one run of its newest moment, however many were missed in it', () => {
  fc.assert(
    fc.property(rhythms, year, fc.integer({ min: 1, max: 60 * 24 }), (rhythm, start, hours) => {
      const since = new Date(start);
      const now = start + hours * hourMs;
      const newest = nextMoments(rhythm, { now: since, count: hours * 3 + 1 })
        .filter(moment => moment.getTime() <= now)
        .at(-1);
      // Looked at again and again: what was missed before the newest is not made up for.
      const begun = tickAt(rhythm, { since, times: [now, now, now] });
      expect(begun).toEqual(newest === undefined ? [] : [newest]);
    }),
    { numRuns: 30 },
  );
});

test('the newest moment of a rhythm is the last of those that come before', () => {
  fc.assert(
    fc.property(rhythms, year, (rhythm, time) => {
      const now = new Date(time);
      const last = lastMoment(rhythm, now);
      if (last === undefined) return;
      expect(last.getTime()).toBeLessThanOrEqual(time);
      const [next] = nextMoments(rhythm, { now: last, count: 1 });
      if (next !== undefined) expect(next.getTime()).toBeGreaterThan(time - 1_000);
    }),
    { numRuns: 300 },
  );
});
