import { expect, test } from 'vitest';
import { amountText, levelOf, measured } from '../../src/data/measure.ts';
import { type Threshold, type ThresholdName, thresholds } from '../../src/data/thresholds.ts';
import { stateOf, worstFirst } from '../../src/data/verdict.ts';
import { fc } from '../support/properties.ts';

const names = Object.keys(thresholds) as ThresholdName[];

test('every threshold is a number of its own with a source, and critical lies beyond warning', () => {
  expect(names.length).toBeGreaterThan(15);
  for (const [name, { warning, critical, worse, source }] of Object.entries<Threshold>(thresholds)) {
    expect(source, name).not.toBe('');
    expect(warning ?? critical, name).toBeDefined();
    if (warning !== undefined && critical !== undefined)
      expect(worse === 'above' ? critical > warning : critical < warning, name).toBe(true);
  }
});

test('a value at its threshold is fine, one beyond it is not, and the worse it is the worse it is told', () => {
  const order = ['ok', 'warning', 'critical'];
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.double({ noNaN: true }),
      fc.double({ noNaN: true }),
      (name, a, b) => {
        const threshold: Threshold = thresholds[name];
        const [better, worse] = (threshold.worse === 'above') === a < b ? [a, b] : [b, a];
        expect(order.indexOf(levelOf(better, threshold))).toBeLessThanOrEqual(
          order.indexOf(levelOf(worse, threshold)),
        );
      },
    ),
  );
  expect(levelOf(80, thresholds['postgres.connections'])).toBe('ok');
  expect(levelOf(80.1, thresholds['postgres.connections'])).toBe('warning');
  expect(levelOf(95.1, thresholds['postgres.connections'])).toBe('critical');
  expect(levelOf(20, thresholds['clickhouse.free'])).toBe('ok');
  expect(levelOf(19.9, thresholds['clickhouse.free'])).toBe('warning');
  expect(levelOf(4.9, thresholds['clickhouse.free'])).toBe('critical');
});

test('a line says what it passed and who says so; what is no number is not checked and never ok', () => {
  expect(measured('connections', { value: 96, by: 'postgres.connections', text: '96 of 100' })).toEqual({
    check: 'connections',
    level: 'critical',
    text: '96 of 100; critical above 95 %',
    source: "operators' capacity alert",
  });
  expect(measured('connections', { value: 50, by: 'postgres.connections', text: '50 of 100' })).toEqual({
    check: 'connections',
    level: 'ok',
    text: '50 of 100',
  });
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const by of names) expect(measured('x', { value, by, text: 'y' }).level).toBe('not checked');
});

test.each([
  [0, 'seconds', '0 ms'],
  [0.2, 'seconds', '200 ms'],
  [1, 'seconds', '1 s'],
  [119, 'seconds', '119 s'],
  [180, 'seconds', '3 min'],
  [7_200, 'seconds', '2 h'],
  [4 * 86_400, 'seconds', '4 d'],
  [1_500, 'milliseconds', '1.5 s'],
  [0, 'bytes', '0 B'],
  [1_536, 'bytes', '1.5 kB'],
  [5e12, 'bytes', '5 TB'],
  [99.99, 'percent', '99 %'],
  [1_600_000_000, 'count', '1,600,000,000'],
] as const)('%d %s is told as %s', (value, unit, told) => {
  expect(amountText(value, unit)).toBe(told);
});

test('one line that was not checked takes the ok from a service, and notes alone give none', () => {
  const line = (level: 'ok' | 'note' | 'warning' | 'critical' | 'not checked') => ({
    check: 'x',
    level,
    text: '',
  });
  expect(stateOf([line('ok'), line('note')])).toBe('ok');
  expect(stateOf([line('ok'), line('not checked')])).toBe('not checked');
  expect(stateOf([line('not checked'), line('warning'), line('ok')])).toBe('warning');
  expect(stateOf([line('warning'), line('critical')])).toBe('critical');
  expect(stateOf([line('note')])).toBe('not checked');
  expect(stateOf([])).toBe('not checked');
  const mixed = [line('note'), line('ok'), line('critical'), line('not checked'), line('warning')];
  expect(worstFirst(mixed).map(({ level }) => level)).toEqual([
    'critical',
    'warning',
    'not checked',
    'ok',
    'note',
  ]);
});
