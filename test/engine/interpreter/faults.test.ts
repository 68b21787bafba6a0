import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { askEverything } from '../../support/start-vigie.ts';
import { scaling, startRuns, type TestRuns } from './runs-of.ts';

const leaseMs = 30_000;
const read = 'tool: k8s_list, with: {kind: Pod, namespace: shop}';

/** As if Vigie had a mistake that shows with that tool, that many times. */
function failingAt(runs: TestRuns, { tool, times }: { tool: string; times: number }) {
  let left = times;
  return {
    ...runs.around,
    call: async (call: Parameters<typeof runs.around.call>[0]) => {
      if (call.tool !== tool) return runs.around.call(call);
      left -= 1;
      if (left >= 0) throw new TypeError('a mistake of Vigie');
      return runs.around.call(call);
    },
  };
}

/** A run that is held by nobody comes round when its lease is over. */
async function ended(runs: TestRuns, id: string) {
  return eventually(async () => {
    const view = await runs.journal.get(id);
    if (view?.endedAt !== undefined) return view;
    if (runs.said.length > 0) runs.passTime(leaseMs);
    throw new Error(`it is ${view?.status}: ${runs.said.join(' | ')}`);
  });
}

test('a run that nobody can go on with ends, and leaves no ticket open', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker(failingAt(runs, { tool: 'k8s_list', times: 1_000 }));
  const id = await runs.start(`timeout: 7d
steps:
  - id: both
    parallel:
      branches:
        - {id: a, steps: [{id: up, ${scaling('web', 3)}}]}
        - {id: b, steps: [{id: see, ${read}}]}
`);
  const view = await ended(runs, id);
  expect(view).toMatchObject({ status: 'failed', output: { failure: { code: 'INTERNAL' } } });
  // On a busy machine its lease ends while it is gone on with, and a fault of then does not count.
  expect(runs.said.filter(line => line.startsWith('FAILED')).length).toBeGreaterThanOrEqual(5);
  const { changes } = await runs.test.vigie.store();
  expect(await changes.list({ states: ['waiting'], limit: 10 })).toEqual([]);
});

test('a run that failed less often than that goes on', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker(failingAt(runs, { tool: 'k8s_list', times: 4 }));
  const id = await runs.start(`timeout: 7d\nsteps:\n  - {id: see, ${read}}\n`);
  expect(await ended(runs, id)).toMatchObject({ status: 'done' });
});
