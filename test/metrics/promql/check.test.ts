import { describe, expect, test } from 'vitest';
import { checkQuery } from '../../../src/metrics/promql/check.ts';
import { aggregations, functionArguments } from '../../../src/metrics/promql/functions.ts';
import { fc } from '../../support/properties.ts';

function mistakeIn(query: string) {
  const { mistake } = checkQuery(query);
  return mistake === undefined ? undefined : `${mistake.line}:${mistake.column} ${mistake.message}`;
}

describe('checkQuery', () => {
  test.each([
    'up',
    'up == 0',
    'sum by (pod) (rate(x{a="b",c=~"d.*"}[5m] offset 1h))',
    'histogram_quantile(0.9, sum by (le) (rate(http_bucket[5m]))) / on (x) group_left () up > 2',
    'max_over_time(rate(x[5m])[1h:1m])',
    'topk(3, x) or vector(0)',
    '-x * 2 ^ 3 # why',
    'label_replace(up, "a", "$1", "b", "(.*)")',
    'quantile_over_time(0.95, x[1h])',
    'round(x, 0.1) + round(x)',
    'time() - process_start_time_seconds',
    'x @ end()',
    '{__name__=~"a.*"}',
    '{"my.metric", job="x"}',
    'count_values("version", build)',
    'hour()',
    'rate((x[5m]))',
    'clamp_max(x, scalar(y))',
  ])('takes %s', query => {
    expect(mistakeIn(query)).toBeUndefined();
  });

  test.each([
    ['sum(rate(x[5m])', '1:16 ) is missing, for the ( at column 4'],
    ['sum(rate(x[5m))', '1:14 ] is expected here, for the [ at column 11'],
    ['up{job="x}', '1:8 the text that begins with " does not end'],
    ['up)', '1:3 this ) closes nothing'],
    ['', '1:1 it is empty'],
    ['sum(ratee(x[5m]))', '1:5 there is no function ratee; nearest: rate, irate'],
    ['foo(bar)', '1:1 there is no function foo'],
    ['rate(x)', '1:6 rate() needs a range of time here, such as x[5m]'],
    ['rate(sum(x))', '1:6 rate() needs a range of time here, such as (…)[5m:]'],
    [
      'sum(x[5m])',
      '1:5 sum() takes no range of time: rate(), increase() or avg_over_time() make a value of one',
    ],
    ['topk(x)', '1:1 topk() takes 2 arguments, not 1'],
    ['topk(up, x)', '1:6 topk() needs a number here'],
    ['label_replace(up, "a", "$1", b, "(.*)")', '1:30 label_replace() needs a text in quotes here'],
    ['abs(3)', '1:5 abs() needs series here, not a number'],
    ['histogram_quantile(0.9)', '1:1 histogram_quantile() takes 2 arguments, not 1'],
    ['up +', '1:5 something is missing after +'],
    ['up up', '1:4 up is not expected here'],
    ['{}', '1:1 a selector needs a name or one label, such as {job="web"}'],
    ['up{job=x}', '1:8 x is not expected here'],
    ['sum(\n  rate(x)\n)', '2:8 rate() needs a range of time here, such as x[5m]'],
  ])('says of %j where and what: %s', (query, said) => {
    expect(mistakeIn(query)).toContain(said);
  });

  test('shows the line of a mistake with a caret under it, however long it is', () => {
    const query = `sum(\n${'a'.repeat(500)} + ratee(x[5m]))`;
    const { mistake } = checkQuery(query);
    const [line = '', caret = ''] = mistake?.shown.split('\n') ?? [];
    expect(line.length).toBeLessThan(130);
    expect(line.slice(caret.indexOf('^')).startsWith('ratee(')).toBe(true);
  });

  test('answers for any text at all, and points into it', () => {
    const piece = fc.constantFrom(
      'up',
      '(',
      ')',
      '[5m]',
      '{',
      '}',
      'sum',
      ' by ',
      '"',
      "'",
      '+',
      'rate(',
      ',',
      '\n',
      '#',
      'a="b"',
      '1',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map(all => all.join('')),
        ),
        query => {
          const { mistake } = checkQuery(query);
          if (mistake === undefined) return;
          expect(mistake.offset).toBeLessThanOrEqual(query.length);
          expect(mistake.line).toBe(query.slice(0, mistake.offset).split('\n').length);
        },
      ),
    );
  });

  test('a query that is only brackets ends the parser, not the program', () => {
    expect(mistakeIn('('.repeat(3_000))).toBeDefined();
    expect(mistakeIn(`${'('.repeat(3_000)}up${')'.repeat(3_000)}`)).toContain('nested');
  });

  test('every function of its table is one that the parser knows', () => {
    for (const [name, takes] of functionArguments) {
      const args = Array.from(
        takes.replace(/[?*].*/, ''),
        kind => ({ r: 'x[5m]', v: 'x', s: '1', t: '"a"' })[kind],
      );
      expect(mistakeIn(`${name}(${args.join(', ')})`), name).toBeUndefined();
    }
    expect(aggregations.size).toBeGreaterThan(10);
  });
});
