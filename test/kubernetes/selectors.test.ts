import { describe, expect, test } from 'vitest';
import {
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  requirementsOf,
  selectorText,
} from '../../src/kubernetes/selectors.ts';
import { fc } from '../support/properties.ts';

const labels = { app: 'web', tier: 'front', size: '10' };

describe('label selectors', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app in (web,api)', true],
    ['app notin (web)', false],
    ['tier', true],
    ['!tier', false],
    ['!gone', true],
    ['gone!=x', true],
    ['gone=', false],
    ['size>9', true],
    ['size<9', false],
    ['app in (,web)', true],
    [' app = web , tier ', true],
  ])('%j matches: %s', (text, matches) => {
    expect(matchesLabels(parseLabelSelector(text), labels)).toBe(matches);
  });

  // Recorded from kube-apiserver 1.36.2.
  test.each([
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    [
      '-a',
      'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters',
    ],
    [
      'a=%2Fq',
      'unable to parse requirement: values[0][a]: Invalid value: "%2Fq": a valid label must be an empty string',
    ],
  ])('%j is refused in the words of the server', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(message);
  });

  test('objects combine labels and expressions; an empty one matches everything', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'back'] },
        { key: 'gone', operator: 'DoesNotExist' },
      ],
    };
    expect(matchesLabels(requirementsOf(selector), labels)).toBe(true);
    expect(matchesLabels(requirementsOf(selector), { app: 'web' })).toBe(false);
    expect(matchesLabels(requirementsOf({}), undefined)).toBe(true);
  });

  test('a name of the prototype is no label', () => {
    expect(matchesLabels(parseLabelSelector('constructor'), labels)).toBe(false);
  });
});

describe('field selectors', () => {
  test('are terms of equality and inequality', () => {
    expect(parseFieldSelector('status.phase!=Running,spec.nodeName=n1,metadata.name==x')).toEqual([
      { field: 'status.phase', op: '!=', value: 'Running' },
      { field: 'spec.nodeName', op: '=', value: 'n1' },
      { field: 'metadata.name', op: '=', value: 'x' },
    ]);
  });

  test('an escaped comma or equals sign belongs to the value', () => {
    expect(parseFieldSelector('a=b\\,c\\=d')).toEqual([{ field: 'a', op: '=', value: 'b,c=d' }]);
  });

  test('what is no term is refused in the words of the server', () => {
    expect(() => parseFieldSelector('a')).toThrow("invalid selector: 'a'; can't understand 'a'");
  });
});

describe('a LabelSelector written as a query', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const words = fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map(each => each.sort());
  const expression = fc.oneof(
    fc.record({ key: word, operator: fc.constantFrom('In', 'NotIn'), values: words }),
    fc.record({ key: word, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    fc.record({
      key: word,
      operator: fc.constantFrom('Gt', 'Lt'),
      values: fc.constantFrom('7', '12').map(value => [value]),
    }),
  );

  test('means the same when it is read back', () => {
    fc.assert(
      fc.property(
        fc.dictionary(word, word, { maxKeys: 3 }),
        fc.array(expression, { maxLength: 4 }),
        (matchLabels, matchExpressions) => {
          const selector = { matchLabels, matchExpressions };
          expect(parseLabelSelector(selectorText(selector))).toEqual(requirementsOf(selector));
        },
      ),
    );
  });

  test('is empty where nothing is selected by', () => {
    expect(selectorText({})).toBe('');
    // A Service holds labels, not a LabelSelector.
    expect(selectorText({ app: 'web' })).toBe('');
  });
});
