import { describe, expect, test } from 'vitest';
import { parseLogql, withinValues } from '../../src/logs/logql.ts';

describe('LogQL before it is sent', () => {
  test('tells queries for lines from queries for numbers', () => {
    expect(parseLogql('{app="x"} |= "a" | json | status >= 500').kind).toBe('lines');
    expect(parseLogql('sum by (pod) (rate({app="x"} |~ `err` [5m]))').kind).toBe('metric');
  });

  test.each([
    ['{app="x"', 'line 1, column 9: it ends too early'],
    ['{app="x"} |= foo', 'line 1, column 14: what begins there'],
    ['{app="x"}\n| json\n|= x', 'line 3, column 4: what begins there'],
    ['', 'line 1, column 1: it ends too early'],
    ['rate(5)', 'line 1, column 7: what begins there'],
    ['1 + 1', 'it selects no streams'],
  ])('says where the mistake in %j is', (query, where) => {
    expect(() => parseLogql(query)).toThrow(where);
  });

  test('every selector of a query is kept within the namespaces, whatever its strings hold', () => {
    const fence = { label: 'namespace', values: ['shop', 'pay.ments'] };
    expect(withinValues(parseLogql('{app="a{b"} |= "{c=\\"d\\"}"'), fence)).toBe(
      '{namespace=~"shop|pay\\\\.ments", app="a{b"} |= "{c=\\"d\\"}"',
    );
    const two = withinValues(parseLogql('sum(rate({a="b"}[1m])) / sum(rate({c="d"}[1m]))'), fence);
    expect(two.match(/namespace=~/g)).toHaveLength(2);
  });
});
