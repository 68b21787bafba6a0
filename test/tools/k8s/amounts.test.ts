import { expect, test } from 'vitest';
import { parseQuantity } from '../../../src/kubernetes/quantities.ts';
import { cpuText, memoryText, percentOf } from '../../../src/tools/k8s/amounts.ts';

test.each([
  ['0', '0m'],
  ['1234567n', '1m'],
  ['999500u', '1'],
  ['250m', '250m'],
  ['4', '4'],
  ['9999m', '9999m'],
  ['12500m', '12.5'],
])('%s of a core reads as %s', (quantity, text) => {
  expect(cpuText(parseQuantity(quantity))).toBe(text);
});

test.each([
  ['0', '0Mi'],
  ['20480Ki', '20Mi'],
  ['1Gi', '1Gi'],
  ['1500Mi', '1500Mi'],
  ['16266556Ki', '15.5Gi'],
])('%s of memory reads as %s', (quantity, text) => {
  expect(memoryText(parseQuantity(quantity))).toBe(text);
});

test('a share of nothing is no percentage', () => {
  expect(percentOf(1n, 0n)).toBeUndefined();
  expect(percentOf(parseQuantity('50m'), parseQuantity('200m'))).toBe('25%');
});
