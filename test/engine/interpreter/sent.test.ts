import { expect, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import { newId } from '../../../src/core/ids.ts';
import type { ChangeRecord } from '../../../src/store/change-reader.ts';
import { eventually } from '../../support/eventually.ts';
import { allowAgainAndAgain } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns, type TestRuns } from './runs-of.ts';

const retry = 'retry: {attempts: 2, backoff: 1s, on: [transient]}';
const restart = `tool: k8s_rollout, with: {target: {kind: Deployment, name: web, namespace: shop}, action: restart}`;

/** The store takes no outcome the first time: as when another process holds it for too long. */
async function losingOneOutcome(runs: TestRuns): Promise<void> {
  const { changes } = await runs.test.vigie.store();
  const finish = changes.finish.bind(changes);
  let lost = false;
  changes.finish = async outcome => {
    if (lost) return finish(outcome);
    lost = true;
    throw new VigieError('STORE', 'Another process holds the store.', { retryable: true });
  };
}

async function changesOf({ test }: TestRuns, run: string): Promise<ChangeRecord[]> {
  const { changes } = await test.vigie.store();
  return (await changes.list({ limit: 50 })).filter(({ actor }) => actor.run === run);
}

/** Both clocks go on, so that the lease of the change whose outcome was lost runs out. */
async function ended(runs: TestRuns, id: string) {
  return eventually(async () => {
    runs.passTime(3_000);
    runs.test.passTime(3_000);
    const view = await runs.journal.get(id);
    if (view?.endedAt === undefined) throw new Error(`it is ${view?.status}: ${runs.said.join(' | ')}`);
    return view;
  });
}

test('a change that was sent and whose outcome could not be written down is not sent again', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  await losingOneOutcome(runs);
  runs.startWorker();
  const id = await runs.start(`timeout: 7d\nsteps:\n  - {id: again, ${restart}, ${retry}}\n`);
  await ended(runs, id);
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_rollout')).toHaveLength(1);
  expect(await changesOf(runs, id)).toHaveLength(1);
});

test('what was sent that way stands, so a later failure takes it back', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  await losingOneOutcome(runs);
  runs.startWorker();
  const id = await runs.start(`timeout: 7d
onFailure: {undo: completedInReverse}
steps:
  - {id: up, ${scaling('web', 3)}, ${retry}, continueOnError: true}
  - {id: bad, ${scaling('nobody', 3)}}
`);
  const view = await ended(runs, id);
  const made = (await changesOf(runs, id)).filter(({ undoOf }) => undoOf === undefined);
  expect(made).toHaveLength(1);
  expect(view.steps.find(({ path }) => path === 'up')).toMatchObject({ state: 'done' });
  expect(await replicasOf(runs, 'web')).toBe(2);
});

test('what a worker sends that was thought to be gone leaves nothing to do, and is the run’s all the same', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const id = await runs.start(
    `onFailure: {undo: completedInReverse}\nsteps:\n  - {id: up, ${scaling('web', 3)}}\n  - {id: bad, ${scaling('nobody', 3)}}\n`,
  );
  const change = newId();
  const [claimed] = await runs.journal.claim('late', { max: 1, leaseMs: 1_000 });
  if (claimed === undefined) throw new Error('the run is there to claim');
  await runs.journal.record(claimed.lease, [{ path: 'up', attempt: 1, state: 'intent', output: { change } }]);
  runs.passTime(2_000);
  let late = false;
  runs.startWorker({
    ...runs.around,
    // It comes between the look and the call of whoever took over.
    call: async call => {
      if (call.changeId === change && !late) {
        late = true;
        await runs.around.call(call);
      }
      return runs.around.call(call);
    },
  });
  const view = await runs.until(id, 'failed');
  expect(view.steps.find(({ path }) => path === 'up')).toMatchObject({ state: 'done', output: { change } });
  expect(await replicasOf(runs, 'web')).toBe(2);
});
