import { describe, expect, test } from 'vitest';
import { amountText } from '../../src/metrics/amounts.ts';
import { courseOf } from '../../src/metrics/course.ts';
import { durationSeconds, durationText } from '../../src/metrics/durations.ts';
import { labelText } from '../../src/metrics/label-text.ts';
import { checkQuery } from '../../src/metrics/promql/check.ts';
import { selectorsOf } from '../../src/metrics/promql/selectors.ts';
import { Ranking } from '../../src/metrics/ranking.ts';
import { sparkline } from '../../src/metrics/sparkline.ts';
import { summarize } from '../../src/metrics/summary.ts';
import { readTime, stepFor } from '../../src/metrics/time-range.ts';
import { unitOf } from '../../src/metrics/units.ts';
import { fc } from '../support/properties.ts';

function parsed(query: string) {
  const checked = checkQuery(query);
  if (checked.mistake !== undefined) throw new Error(checked.mistake.message);
  return checked.tree;
}

function points(values: readonly number[], step = 60) {
  return {
    count: values.length,
    times: Float64Array.from(values, (_, index) => index * step),
    values: Float64Array.from([...values, 999]),
    labels: {},
    histograms: 0,
  };
}

describe('units', () => {
  test.each([
    ['node_memory_MemFree_bytes', 'bytes'],
    ['sum by (pod) (container_memory_working_set_bytes{pod="a"})', 'bytes'],
    ['rate(node_network_receive_bytes_total[5m])', 'bytes/s'],
    ['rate(container_cpu_usage_seconds_total[5m])', 'ratio'],
    ['sum(increase(http_requests_total[1h]))', 'count'],
    ['rate(http_requests_total[5m]) * 60', 'none'],
    ['histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))', 'seconds'],
    ['rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])', 'seconds'],
    ['a_bytes / b_bytes', 'ratio'],
    ['100 * (1 - a_bytes / b_bytes)', 'percent'],
    ['time() - process_start_time_seconds', 'seconds'],
    ['process_start_time_seconds', 'timestamp'],
    ['sum(rate(errors_total[5m])) / sum(rate(all_total[5m]))', 'ratio'],
    ['job:http_requests:rate5m', 'none/s'],
    ['count(up)', 'count'],
    ['up', 'none'],
    ['max_over_time(a_bytes[1h]) > 10', 'bytes'],
    ['max_over_time(rate(a_bytes_total[5m])[1h:1m])', 'bytes/s'],
    ['node_hwmon_temp_celsius offset 1h', 'celsius'],
  ])('%s is in %s', (query, unit) => {
    const { base, perSecond } = unitOf(parsed(query));
    expect(base + (perSecond ? '/s' : '')).toBe(unit);
  });

  test.each([
    [1_610_612_736, 'bytes', '1.5 GiB'],
    [512, 'bytes', '512 B'],
    [0.25, 'seconds', '250 ms'],
    [0.0000042, 'seconds', '4.2 µs'],
    [7200, 'seconds', '2 h'],
    [0.04213, 'ratio', '4.21%'],
    [12_345, 'count', '12.3k'],
    [9_999, 'count', '9999'],
    [0, 'none', '0'],
    [-1500, 'bytes', '-1.46 KiB'],
    [Number.NaN, 'bytes', 'NaN'],
    [Number.POSITIVE_INFINITY, 'seconds', '+Inf'],
    [1_780_000_000, 'timestamp', '2026-05-28T20:26:40Z'],
    [1e300, 'none', '1.00e288T'],
    [1e-9, 'none', '1.00e-9'],
  ] as const)('%d of %s reads %s', (value, base, text) => {
    expect(amountText(value, { base, perSecond: false })).toBe(text);
  });
});

describe('times', () => {
  const now = 1_780_000_000;
  test.each([
    ['now', now],
    ['1h', now - 3600],
    ['now-90m', now - 5400],
    ['1h30m', now - 5400],
    ['2026-05-28T20:26:40Z', now],
    ['2026-05-28T20:26:40', now],
    ['2026-05-28T22:26:40+02:00', now],
    ['1780000000', now],
    ['2026-05-28', 1_779_926_400],
    ['yesterday', undefined],
    ['', undefined],
    ['5', undefined],
  ])('%s', (text, seconds) => {
    expect(readTime(text, now)).toBe(seconds);
  });

  test('durations come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), seconds => {
        expect(durationSeconds(durationText(seconds))).toBe(seconds);
      }),
    );
    expect(durationSeconds('500ms')).toBe(0.5);
    expect(durationSeconds('1x')).toBeUndefined();
  });

  test('a step is round and makes some hundred points at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * 86_400 }), span => {
        expect(span / stepFor(span)).toBeLessThanOrEqual(120);
      }),
    );
    expect(stepFor(3600)).toBe(30);
  });
});

describe('summaries', () => {
  const within = { fromSeconds: 0, toSeconds: 600 };

  test('say last, least, mean, most and p95 of what is finite', () => {
    const summary = summarize(points([1, 2, Number.NaN, 3, Infinity, 4]), within);
    expect(summary).toMatchObject({ last: 4, min: 1, mean: 2.5, max: 4, p95: 4, points: 6, odd: 2 });
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(summarize(points(hundred), within).p95).toBe(95);
    const nothing = summarize(points([Number.NaN]), within);
    expect([nothing.min, nothing.mean, nothing.p95]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(nothing.spark).toBe('');
  });

  test('a trend is told from noise', () => {
    const trend = (values: number[]) => summarize(points(values), within).trend.direction;
    expect(trend([1, 2, 3, 4, 5])).toBe('rising');
    expect(trend([9, 8, 6, 5, 1])).toBe('falling');
    expect(trend([5, 5, 5, 5])).toBe('flat');
    expect(trend([100, 101, 100, 101, 102])).toBe('flat');
    expect(trend([1, 9, 1, 9, 1, 9, 1, 9])).toBe('flat');
    expect(trend([1])).toBe('flat');
    // From a straight line of its own: half of it up over the mean.
    expect(summarize(points([3, 4, 5]), within).trend.change).toBeCloseTo(0.5);
  });

  test('a sparkline shows peaks, gaps and a level line', () => {
    const line = (values: number[], width = 10) =>
      sparkline(courseOf(points(values, 60), { ...within, slots: width }));
    expect(line([0, 1, 2, 3, 4, 5, 6, 7, 8, 8])).toBe('▁▂▃▄▅▆▇███');
    expect(line([5, 5, 5])).toBe('▄▄▄·······');
    const peak = Array.from({ length: 600 }, (_, index) => (index === 300 ? 9 : 0));
    expect(sparkline(courseOf(points(peak, 1), { ...within, slots: 10 }))).toBe('▁▁▁▁▁█▁▁▁▁');
  });

  test('of many series the largest stay, in order, with what all have in common', () => {
    const entry = fc.record({ peak: fc.integer({ min: 0, max: 50 }), job: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 2, maxLength: 60 }), all => {
        const ranking = new Ranking(5, within);
        for (const [index, { peak, job }] of all.entries())
          ranking.add({ ...points([0, peak, 1]), labels: { job, n: String(index), same: 'x' } });
        const peaks = all.map(({ peak }) => Math.max(peak, 1)).toSorted((a, b) => b - a);
        expect(ranking.kept.map(({ summary }) => summary.max)).toEqual(peaks.slice(0, 5));
        expect(ranking.total).toBe(all.length);
        const jobs = new Set(all.map(({ job }) => job));
        expect([...ranking.common.keys()]).toEqual(jobs.size === 1 ? ['job', 'same'] : ['same']);
      }),
    );
  });
});

describe('labels', () => {
  const mask = (text: string) => text.replaceAll('hunter2', '[masked]');

  test('are data: cleaned, masked before they are cut, and short', () => {
    const labels = {
      __name__: 'x',
      pod: `a\u202Eb\u001B[31mc\n${'é'.repeat(200)}`,
      key: `${'z'.repeat(78)}hunter2`,
    };
    const text = labelText(labels, { mask });
    for (const hidden of ['\u202E', '\u001B', '\n']) expect(text).not.toContain(hidden);
    expect(text).not.toContain('hun');
    expect(text.length).toBeLessThan(280);
    expect(labelText({ a: '1', b: '2' }, { mask, without: new Map([['a', '1']]) })).toBe('b="2"');
  });
});

describe('selectorsOf', () => {
  test('names what a query reads', () => {
    const query = 'sum(rate(x{a="b",c!~"d\\"e"}[5m])) / on () {__name__="y", z=\'q\'} + {"my.metric", j=`k`}';
    expect(selectorsOf(parsed(query))).toMatchObject([
      {
        metric: 'x',
        rangeSeconds: 300,
        matchers: [
          { label: 'a', op: '=', value: 'b' },
          { label: 'c', op: '!~', value: 'd"e' },
        ],
      },
      { metric: 'y', rangeSeconds: undefined, matchers: [{ label: 'z', value: 'q' }] },
      { metric: 'my.metric', matchers: [{ label: 'j', value: 'k' }] },
    ]);
  });
});
