import { expect, test } from 'vitest';
import { roughSize } from '../../../src/pipeline/changes/rough-size.ts';

test.each<[number, string]>([
  [0, 'empty'],
  [1, 'up to 1 KiB'],
  [1_024, 'up to 1 KiB'],
  [1_025, 'up to 2 KiB'],
  [200_021, 'up to 256 KiB'],
  [1_048_576, 'up to 1 MiB'],
  [1_048_577, 'up to 2 MiB'],
])('%i bytes are told as %s', (bytes, told) => {
  expect(roughSize(bytes)).toBe(told);
});
