import { expect, test } from 'vitest';
import { inParallel } from '../../src/core/in-parallel.ts';

test('results stand in the order of the items, and never more run than allowed', async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3], {
    atOnce: 2,
    task: async turns => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      running -= 1;
      return turns * 10;
    },
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('a failure reaches the caller', async () => {
  const task = async () => Promise.reject(new Error('broken'));
  await expect(inParallel([1, 2], { atOnce: 2, task })).rejects.toThrow('broken');
});
