import { expect, test } from 'vitest';
import type { Preview } from '../../src/core/preview.ts';
import { realPatience } from '../../src/pipeline/changes/patience.ts';
import { Turns } from '../../src/pipeline/turns.ts';

const target = { kind: 'Pod', name: 'a', namespace: 'shop' };
const eviction: Preview = {
  change: { kind: 'k8s-evict', target, uid: 'u1', node: 'n1' },
  operation: 'delete',
  target,
  volatile: [],
  warnings: [],
  alongside: [],
  undo: { possible: true },
  serverChecked: true,
  risk: { level: 'high', reasons: [] },
};

function turnsOf(previews: Preview[], waitSeconds: number): Turns {
  const plan = { previews, waitSeconds };
  return new Turns({ plan, signal: new AbortController().signal, progress: () => undefined }, realPatience);
}

test('what was waited for in turns is no time to wait for health any more', async () => {
  const turns = turnsOf([eviction], 1);
  let tries = 0;
  for await (const turn of turns.all()) {
    tries += 1;
    turns.postpone(turn, 'a budget');
  }
  expect(tries).toBeGreaterThan(1);
  expect(turns.blocked).toBe('a budget');
  expect(turns.deadlineMs).toBeLessThanOrEqual(Date.now());
});

test('where nothing had to wait, all of the time is left for health', async () => {
  const turns = turnsOf([eviction], 600);
  for await (const turn of turns.all()) expect(turn[0]).toBe(0);
  expect(turns.deadlineMs).toBeGreaterThan(Date.now());
});
