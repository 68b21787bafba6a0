import { expect, test } from 'vitest';
import type { Finding } from '../../src/core/finding.ts';
import { sized } from '../../src/diagnosis/finding-size.ts';

const finding: Finding = {
  code: 'CRASH_LOOP',
  severity: 'critical',
  object: { kind: 'Deployment', name: 'web', namespace: 'shop' },
  summary: 'it ends again and again',
  evidence: ['one', 'two'],
  confidence: 'certain',
  fixes: [],
};

test('a finding of common size stays as it is', () => {
  expect(sized({ ...finding, cause: 'because' }, ['a', 'b'])).toEqual({
    ...finding,
    cause: 'because',
    explains: ['a', 'b'],
  });
});

test('symptoms go before quotes, and one quote always stays', () => {
  const evidence = ['first', 'second', 'third'].map(word => word.repeat(30));
  const large = sized(
    { ...finding, evidence },
    Array.from({ length: 50 }, (_, index) => `Deployment/${'x'.repeat(40)}${index}`),
  );
  expect(large.explains).toHaveLength(6);
  expect(large.explains?.at(-1)).toBe('and 45 more');
  expect(large.evidence).toHaveLength(3);
  const crowded = { ...finding, object: { ...finding.object, name: 'n'.repeat(900) } };
  expect(
    sized({ ...crowded, evidence: Array.from({ length: 4 }, () => 'y '.repeat(200)) }, []).evidence,
  ).toHaveLength(1);
});

test('lines end, and what could hide something in them is gone', () => {
  const { summary, cause } = sized({ ...finding, summary: 's'.repeat(10_000), cause: 'a\u202Eb' }, []);
  expect(summary.length).toBeLessThan(300);
  expect(cause).toBe('ab');
});
