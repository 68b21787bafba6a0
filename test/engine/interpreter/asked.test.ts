import { expect, test } from 'vitest';
import { allowAgainAndAgain } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns } from './runs-of.ts';

test('a cancelled run begins no further step, leaves what it did, and cleans up, waits included', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(`timeout: 1d
steps:
  - {id: up, ${scaling('web', 3)}}
  - {id: pause, wait: {for: 1h}}
  - {id: more, ${scaling('web', 4)}}
finally:
  - {id: settle, wait: {for: 10m}}
  - {id: last, tool: k8s_list, with: {kind: Pod, namespace: shop}}
`);
  await runs.until(id, 'waiting');
  await runs.journal.request(id, 'cancel');
  await expect
    .poll(async () => (await runs.journal.get(id))?.waits.map(({ path }) => path), { timeout: 20_000 })
    .toEqual(['.finally/settle']);
  runs.passTime(10 * 60_000);
  const view = await runs.until(id, 'cancelled');
  expect(view.steps.map(({ path }) => path)).not.toContain('more');
  expect(runs.calls.map(({ tool }) => tool)).toEqual(['k8s_scale', 'k8s_list']);
  expect(await replicasOf(runs, 'web')).toBe(3);
});

test('a paused run is not woken by time, and goes on where it was when somebody resumes it', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(`timeout: 1d
steps:
  - {id: up, ${scaling('web', 3)}}
  - {id: pause, wait: {for: 1h}}
  - {id: more, ${scaling('web', 4)}}
`);
  await runs.until(id, 'waiting');
  await runs.journal.request(id, 'pause');
  runs.passTime(2 * 3_600_000);
  await runs.until(id, 'paused');
  expect(await replicasOf(runs, 'web')).toBe(3);
  await runs.journal.request(id, 'resume');
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(4);
  expect(runs.calls).toHaveLength(2);
});

test('a run that was started by one definition ends by it, whatever its playbook says meanwhile', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const body = (to: number): string =>
    `steps:\n  - {id: pause, wait: {for: 5m}}\n  - {id: up, ${scaling('web', to)}}\n`;
  runs.startWorker();
  const before = await runs.start(body(3));
  await runs.until(before, 'waiting');
  const after = await runs.start(body(4));
  await runs.until(after, 'waiting');
  await runs.journal.request(after, 'cancel');
  await runs.until(after, 'cancelled');
  runs.passTime(5 * 60_000);
  await runs.until(before, 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
});
