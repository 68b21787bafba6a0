import { expect, test } from 'vitest';
import { endsWithMark, withMark } from '../../src/metrics/mark.ts';
import {
  fitEverything,
  fitsAll,
  type Matcher,
  matcherText,
  parseMatcher,
} from '../../src/metrics/matchers.ts';
import { fc } from '../support/properties.ts';

async function read(...texts: string[]): Promise<Matcher[]> {
  const read = await Promise.all(texts.map(parseMatcher));
  return read.map(matcher => {
    if ('mistake' in matcher) throw new Error(matcher.mistake);
    return matcher;
  });
}

test.each([
  ['alertname=Slow', { name: 'alertname', value: 'Slow', isRegex: false, isEqual: true }],
  [' severity != "page" ', { name: 'severity', value: 'page', isRegex: false, isEqual: false }],
  ['job=~"shop|db"', { name: 'job', value: 'shop|db', isRegex: true, isEqual: true }],
  ['path!~/a.*', { name: 'path', value: '/a.*', isRegex: true, isEqual: false }],
  ['note="a=\\"b\\""', { name: 'note', value: 'a="b"', isRegex: false, isEqual: true }],
  ['empty=', { name: 'empty', value: '', isRegex: false, isEqual: true }],
])('%s is read', async (text, matcher) => {
  expect(await parseMatcher(text)).toEqual(matcher);
});

test.each([
  ['Slow', 'must be like'],
  ['9a=b', 'must be like'],
  ['a=~"("', 'no regular expression'],
  ['a=~(?=b)', 'no regular expression'],
  ['a="b', 'quote'],
  ['a=b"c', 'quote'],
])('%s is refused', async (text, mistake) => {
  expect(await parseMatcher(text)).toEqual({ mistake: expect.stringContaining(mistake) });
});

test('whatever a value holds, its matcher is written so that it is read again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 100 }), async value => {
      const matcher = { name: 'a', value, isRegex: false, isEqual: true };
      expect(await parseMatcher(matcherText(matcher))).toEqual(matcher);
    }),
  );
});

test.each([
  [['job=shop'], { job: 'shop' }, true],
  [['job=shop', 'severity!=page'], { job: 'shop', severity: 'page' }, false],
  [['job=~"sh"'], { job: 'shop' }, false],
  [['job=~"sh.*"'], { job: 'shop' }, true],
  [['missing='], { job: 'shop' }, true],
  [['constructor=~".+"'], { job: 'shop' }, false],
])('%j fits %j: %s', async (texts, labels, fits) => {
  expect((await fitsAll(await read(...texts)))(labels)).toBe(fits);
});

test.each([
  [['alertname=~".*"'], true],
  [['alertname=~".+"'], true],
  [['severity!=page'], true],
  [['a!~"x|y"', 'b=~"(?s).*"'], true],
  [['severity!=page', 'job=shop'], false],
  [['job=~"shop|db"'], false],
])('%j narrows nothing down: %s', async (texts, everything) => {
  expect(await fitEverything(await read(...texts))).toBe(everything);
});

test('a comment carries one mark, the newest', () => {
  const marked = withMark(withMark('disk', 'a1'), 'after-2b');
  expect(marked).toBe('disk (vigie after-2b)');
  expect([endsWithMark(marked, 'after-2b'), endsWithMark(marked, 'a1'), endsWithMark(marked, '2b')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(withMark('', 'a1')).toBe('(vigie a1)');
});
