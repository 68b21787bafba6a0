import { describe, expect, test } from 'vitest';
import { judgeRetention, type Keepable } from '../../src/backups/retention.ts';
import { newCopyId } from '../../src/core/copy.ts';
import { fc } from '../support/properties.ts';

const now = new Date('2026-11-22T12:00:00Z');

function copyAt(time: string | Date, more: Partial<Keepable> = {}): Keepable {
  return { copy: newCopyId(new Date(time)), proven: false, needs: [], ...more };
}

function kept(copies: readonly Keepable[], rules: Parameters<typeof judgeRetention>[1]['rules']): string[] {
  return judgeRetention(copies, { rules, now })
    .filter(({ keptFor }) => keptFor.length > 0)
    .map(({ copy }) => copy.slice(0, 11));
}

describe('retention', () => {
  const hourly = Array.from({ length: 24 * 40 }, (_, hours) =>
    copyAt(new Date(now.getTime() - hours * 3_600_000)),
  );

  test.each([
    [{ last: 3 }, ['20261122T12', '20261122T11', '20261122T10']],
    [{ daily: 3 }, ['20261122T12', '20261121T23', '20261120T23']],
    [{ weekly: 2 }, ['20261122T12', '20261115T23']],
    [{ monthly: 3 }, ['20261122T12', '20261031T23']],
    [{ withinSeconds: 7200 }, ['20261122T12', '20261122T11']],
    [{ last: 1, daily: 2 }, ['20261122T12', '20261121T23']],
  ])('%j keeps the newest of each period', (rules, wanted) => {
    expect(kept(hourly, rules)).toEqual(wanted);
  });

  test('without rules everything is kept', () => {
    expect(kept(hourly, undefined)).toHaveLength(hourly.length);
  });

  test('the last proven copy and what a kept one needs stay, however old', () => {
    const full = copyAt('2026-01-01T00:00:00Z');
    const between = copyAt('2026-01-02T00:00:00Z', { needs: [full.copy] });
    const proven = copyAt('2026-02-01T00:00:00Z', { proven: true });
    const newest = copyAt('2026-11-22T00:00:00Z', { needs: [between.copy] });
    const gone = copyAt('2026-03-01T00:00:00Z');
    expect(kept([gone, proven, full, newest, between], { last: 1 })).toEqual([
      '20261122T00',
      '20260201T00',
      '20260102T00',
      '20260101T00',
    ]);
  });

  const copies = fc
    .uniqueArray(
      fc.record({ hours: fc.integer({ min: 0, max: 20_000 }), proven: fc.boolean(), needs: fc.nat(5) }),
      { maxLength: 60, selector: ({ hours }) => hours },
    )
    .map(drawn => {
      const made = drawn
        .toSorted((a, b) => b.hours - a.hours)
        .map(({ hours, proven }) => copyAt(new Date(now.getTime() - hours * 3_600_000), { proven }));
      // Each may need some that are older than itself.
      return made.map((copy, index) => ({
        ...copy,
        needs: made.slice(Math.max(0, index - (drawn[index]?.needs ?? 0)), index).map(older => older.copy),
      }));
    });
  const count = fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined });
  const rules = fc
    .record({
      last: count,
      daily: count,
      weekly: count,
      monthly: count,
      withinSeconds: fc.option(fc.integer({ min: 1, max: 5_000_000 }), { nil: undefined }),
    })
    .map(drawn => Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined)));

  test('whatever the rules, nothing that is kept needs what goes, and the newest and the newest proven stay', () => {
    fc.assert(
      fc.property(copies, rules, (all, by) => {
        const verdicts = judgeRetention(all, { rules: by, now });
        const stays = new Set(verdicts.filter(({ keptFor }) => keptFor.length > 0).map(({ copy }) => copy));
        for (const { copy, needs } of all)
          if (stays.has(copy)) for (const other of needs) expect(stays).toContain(other);
        const sorted = all.toSorted((a, b) => (a.copy < b.copy ? 1 : -1));
        if (sorted[0] !== undefined) expect(stays).toContain(sorted[0].copy);
        const proven = sorted.find(each => each.proven);
        if (proven !== undefined) expect(stays).toContain(proven.copy);
        expect(verdicts).toHaveLength(all.length);
      }),
    );
  });

  test('keeping what was judged and judging again takes nothing more away', () => {
    fc.assert(
      fc.property(copies, rules, (all, by) => {
        const stays = (of: readonly Keepable[]) =>
          judgeRetention(of, { rules: by, now })
            .filter(({ keptFor }) => keptFor.length > 0)
            .map(({ copy }) => copy);
        const once = stays(all);
        expect(stays(all.filter(({ copy }) => once.includes(copy)))).toEqual(once);
      }),
    );
  });

  test('the order in which copies are listed does not matter', () => {
    fc.assert(
      fc.property(copies, rules, (all, by) => {
        expect(judgeRetention(all.toReversed(), { rules: by, now })).toEqual(
          judgeRetention(all, { rules: by, now }),
        );
      }),
    );
  });
});
