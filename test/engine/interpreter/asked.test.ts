import { expect, test } from 'vitest';
import type { Journal } from '../../../src/core/journal.ts';
import { textOf } from '../../../src/core/json.ts';
import { allowAgainAndAgain } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns, stateOf, type TestRuns, ticketOf } from './runs-of.ts';

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
    .poll(async () => (await runs.journal.get(id))?.waits.map(({ path }) => path))
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

const undoneByPeople = `onFailure: {undo: completedInReverse}
steps:
  - {id: first, ${scaling('web', 3)}}
  - id: up
    ${scaling('api', 4).replace(', with:', '\n    with:')}
    undo: {tool: k8s_delete, with: {target: {kind: Deployment, name: api, namespace: shop}}}
  - {id: bad, ${scaling('nobody', 3)}}
`;
const deletesAsk = '{low: allow, medium: allow, high: ask, budget: {automaticPerHour: 50}}';

/** A run whose undo waits for a person, and the ticket. */
async function waitingInUndo(runs: TestRuns): Promise<{ id: string; ticket: string; change: string }> {
  const id = await runs.start(undoneByPeople);
  const view = await runs.until(id, 'waiting');
  const made = view.steps.find(({ path, state }) => path === 'up' && state === 'done');
  return { id, ticket: ticketOf(view, '.undo/up'), change: textOf(made?.output, 'change') };
}

test('a cancel while an undo waits for a person closes its ticket, and says what stands and what takes it back', async () => {
  const runs = await startRuns({ policy: deletesAsk, hurried: true });
  runs.startWorker();
  const { id, ticket, change } = await waitingInUndo(runs);
  await runs.journal.request(id, 'cancel');
  const { output } = await runs.until(id, 'failed');
  expect(await stateOf(runs, ticket)).toBe('void');
  expect(output).toMatchObject({
    problems: [
      expect.stringContaining(`undo of up: what it did stands (vigie undo ${change} takes it back): `),
    ],
  });
  // What needs nobody is taken back all the same.
  expect(await replicasOf(runs, 'web')).toBe(2);
  expect(await replicasOf(runs, 'api')).toBe(4);
});

test('a cancel that comes just as an undo begins to wait for a person is heeded', async () => {
  const runs = await startRuns({ policy: deletesAsk, hurried: true });
  const { journal } = runs;
  let asked = false;
  const park: Journal['park'] = async (lease, waits, more) => {
    if (!asked && waits.some(({ path }) => path.startsWith('.undo/'))) {
      asked = true;
      await journal.request(lease.run, 'cancel');
    }
    return journal.park(lease, waits, more);
  };
  const own = new Proxy(journal, {
    get: (target, name) => {
      if (name === 'park') return park;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  runs.startWorker({ ...runs.around, journal: own });
  const id = await runs.start(undoneByPeople);
  await runs.until(id, 'failed');
  expect(asked).toBe(true);
});
