import { expect, onTestFinished, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { RunView } from '../../../src/core/journal.ts';
import { textOf } from '../../../src/core/json.ts';
import { goOnWithRun } from '../../../src/engine/interpreter/go-on-with-run.ts';
import { Evaluator } from '../../../src/engine/language/expressions/evaluator.ts';
import { allowAgainAndAgain } from '../../support/start-vigie.ts';
import { dyingAt, Killed } from './dying-journal.ts';
import { startRuns, type TestRuns } from './runs-of.ts';

const scale = (name: string, replicas: number) =>
  `tool: k8s_scale, with: {target: {kind: Deployment, name: ${name}, namespace: shop}, replicas: ${replicas}}`;

/** Three changes, two of them in a loop, a wait, and a last step that fails, so that all of it is taken back. */
const playbook = `
timeout: 1h
steps:
  - {id: look, tool: k8s_list, with: {kind: Deployment, namespace: shop, format: json}}
  - {id: up, ${scale('web', 3)}}
  - {id: pause, wait: {for: 10m}}
  - id: each
    foreach: {in: [{name: api, to: 3}, {name: nobody, to: 2}], as: item, parallel: 2, maxFailures: 1}
    tool: k8s_scale
    with: {target: {kind: Deployment, name: "\${{ item.name }}", namespace: shop}, replicas: "\${{ item.to }}"}
  - {id: again, ${scale('web', 4)}}
  - {id: fails, ${scale('nothing', 2)}}
onFailure:
  undo: completedInReverse
  steps: [{id: why, tool: k8s_events, with: {namespace: shop}}]
finally: [{id: last, tool: k8s_list, with: {kind: Pod, namespace: shop}}]
`;

const leaseMs = 30_000;

/** Goes on with a run by one worker after another, the first of which dies; gives how the run ended and what it cost. */
async function live(
  runs: TestRuns,
  { id, evaluator, death }: { id: string; evaluator: Evaluator; death: Parameters<typeof dyingAt>[1] },
): Promise<{ view: RunView; writes: number; died: boolean }> {
  let mortal = dyingAt(runs.journal, death);
  let [writes, died] = [0, false];
  for (let turn = 0; turn < 100; turn += 1) {
    const view = await runs.journal.get(id);
    if (view === undefined) throw new Error(`${id} is gone`);
    if (view.endedAt !== undefined) return { view, writes: Math.max(writes, mortal.writes()), died };
    const moments = view.waits.flatMap(wait => ('until' in wait ? (wait.until ?? []) : []));
    if (view.status === 'waiting') runs.passTime(Math.max(0, Math.min(...moments) - runs.around.now()));
    if (view.status === 'running') runs.passTime(leaseMs);
    const [claimed] = await runs.journal.claim(newId(), { max: 1, leaseMs, only: id });
    if (claimed === undefined) continue;
    const here = mortal;
    const around = {
      ...runs.around,
      journal: here.journal,
      call: async (call: Parameters<typeof runs.around.call>[0]) => {
        if (here.dead()) throw new Killed('a dead process called a tool');
        return runs.around.call(call);
      },
    };
    const signal = new AbortController().signal;
    try {
      await goOnWithRun(claimed, { around, evaluator, signal, begun: () => undefined });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      died = true;
      writes = mortal.writes();
      mortal = dyingAt(runs.journal, { nth: Number.POSITIVE_INFINITY, when: 'before' });
    }
  }
  throw new Error(`the run ${id} did not end`);
}

/** Reads that were recorded before the death are not made again; a change is made once, whatever is asked again. */
test('a worker may die at any write of a run: nothing recorded is called again, no change is made twice, and the end is the same', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const evaluator = new Evaluator();
  onTestFinished(() => evaluator.close());
  const store = await runs.test.vigie.store();
  const run = async (death: Parameters<typeof dyingAt>[1]) => {
    const id = await runs.start(playbook);
    const lived = await live(runs, { id, evaluator, death });
    const changes = (await store.changes.list({ limit: 200 })).filter(({ actor }) => actor.run === id);
    const calls = runs.calls.filter(each => each.run === id && each.tool !== 'changes_get');
    return { ...lived, changes, calls };
  };
  const told = ({ view, changes }: Awaited<ReturnType<typeof run>>) => ({
    status: view.status,
    output: view.output,
    steps: view.steps
      .map(
        ({ path, state, attempt, error }) =>
          `${path} ${attempt} ${state} ${error === undefined ? '' : textOf(error, 'message')}`,
      )
      .toSorted(),
    changes: changes.map(({ summary, state }) => `${summary} ${state}`).toSorted(),
  });
  const whole = await run({ nth: Number.POSITIVE_INFINITY, when: 'before' });
  expect(whole.view).toMatchObject({ status: 'failed', output: { failure: { code: 'NOT_FOUND' } } });
  expect(whole.changes).toHaveLength(6);
  expect(whole.writes).toBeGreaterThan(20);
  for (let nth = 1; nth <= whole.writes; nth += 1)
    for (const when of ['before', 'after'] as const) {
      const lived = await run({ nth, when });
      expect(lived.died, `${nth} ${when}`).toBe(true);
      expect(told(lived), `${nth} ${when}`).toEqual(told(whole));
      // One call more at most for each step that was on its way when the worker died: two in the loop.
      expect(lived.calls.length, `${nth} ${when}`).toBeLessThanOrEqual(whole.calls.length + 2);
    }
  expect(await store.audit.verify()).toMatchObject({ ok: true });
}, 240_000);
