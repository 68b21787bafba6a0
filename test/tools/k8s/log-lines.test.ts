import { expect, test } from 'vitest';
import { mergeByTime, parseLine } from '../../../src/tools/k8s/log-lines.ts';

const source = { namespace: 'shop', pod: 'web-1', container: 'app' };
const at = { source, mask: (text: string) => text.replaceAll('hunter2', '[redacted #1]') };
const linesOf = (...raw: string[]) => ({ lines: raw.map(line => parseLine(line, at)), broken: false });

test('lines of several pods come in the order of their times, whatever zeros the kubelet dropped', () => {
  const merged = mergeByTime([
    linesOf('2026-01-01T10:00:00.1Z one', '2026-01-01T10:00:01Z four'),
    linesOf('2026-01-01T10:00:00.12Z two', '2026-01-01T10:00:00.9Z three'),
  ]);
  expect(merged.map(line => line.text)).toEqual(['one', 'two', 'three', 'four']);
});

test('lines of one moment keep the order in which they were written', () => {
  const merged = mergeByTime([linesOf('2026-01-01T10:00:00Z b', '2026-01-01T10:00:00Z a')]);
  expect(merged.map(line => line.text)).toEqual(['b', 'a']);
});

test('escapes and bidi marks are gone before anything looks at the line', () => {
  expect(parseLine('2026-01-01T10:00:00Z \u001B[31mer\u202Eror\u001B[0m', at).text).toBe('error');
});

test('a line without a time is kept whole', () => {
  expect(parseLine('panic: boom', at)).toMatchObject({ time: '', text: 'panic: boom' });
});

test('a known secret is masked before anything looks at the line', () => {
  expect(parseLine('2026-01-01T10:00:00Z login with hunter2', at).text).toBe('login with [redacted #1]');
});
