import { expect } from 'vitest';
import type { RunView, StepRecord } from '../../src/core/journal.ts';
import { type JsonObject, textOf } from '../../src/core/json.ts';
import { changed, crashCalls } from './crash-playbook.ts';
import type { TestRuns } from './interpreter/runs-of.ts';

// What must hold of runs that have ended, whatever became of the processes that went on with them.

/** One line of what a process told. */
export interface Told {
  /** Which of the processes, in their order. */
  life: number;
  word: string;
  rest: string;
}

interface Call {
  run: string;
  tool: string;
  input: JsonObject;
  change: string | null;
}

/** `views`: each run by what its objects begin with. */
export async function judgeRuns(
  { runs, views, told }: { runs: TestRuns; views: ReadonlyMap<string, RunView>; told: readonly Told[] },
  round: string,
): Promise<void> {
  const store = await runs.test.vigie.store();
  const listed = await store.changes.list({ limit: 500 });
  expect(told.filter(({ word }) => word === 'failed')).toEqual([]);
  for (const [own, view] of views) {
    const steps = view.steps.map(({ path, state }) => `${path} ${state}`);
    const why = `${round} ${own}: ${JSON.stringify(view.output)} ${JSON.stringify(steps)}`;
    judgeRun(view, { told, own, why });
    const made = listed.filter(({ actor }) => actor.run === view.id).map(({ state }) => state);
    judgeChanges(view, { made, why });
  }
  expect(await store.audit.verify(), round).toMatchObject({ ok: true });
}

/** One change a step, and the gate, which is over with its run. */
function judgeChanges(view: RunView, { made, why }: { made: readonly string[]; why: string }): void {
  // What was recorded to be made next, and was not begun when another failed, leaves no change.
  const ended = view.steps.filter(
    ({ path, state, error }) =>
      changed.includes(path) && state !== 'intent' && textOf(error, 'code') !== 'CANCELLED',
  );
  // A death between the start of a change and its write: the change was looked at, closed, and not made again.
  const brokenOff = ended.filter(({ error }) => textOf(error, 'code') === 'INTERRUPTED');
  const states = ended.map(step => (brokenOff.includes(step) ? 'interrupted' : step.state));
  const gate = view.steps.some(({ path }) => path === 'gate') ? ['void'] : [];
  expect(made.toSorted(), why).toEqual([...states, ...gate].toSorted());
  // Of the branches each counts for itself; whatever else fails ends its run.
  if (brokenOff.some(({ path }) => !path.startsWith('both/')))
    expect(view, why).toMatchObject({ status: 'failed', output: { failure: { code: 'INTERRUPTED' } } });
  else {
    expect(view.status, why).toBe('done');
    expect(ended.map(({ path }) => path).toSorted(), why).toEqual(changed.toSorted());
  }
}

function judgeRun(
  view: RunView,
  { told, own, why }: { told: readonly Told[]; own: string; why: string },
): void {
  const final = new Map(view.steps.map(step => [`${step.path} ${step.attempt}`, step]));
  const keptIn = new Map<string, number>();
  for (const { life, word, rest } of told) {
    if (word !== 'kept') continue;
    const { run, records }: { run: string; records: readonly StepRecord[] } = JSON.parse(rest);
    if (run !== view.id) continue;
    for (const record of records) {
      if (record.state === 'intent') continue;
      const { path, attempt } = record;
      // None that was told to be kept is lost.
      expect(endOf(final.get(`${path} ${attempt}`)), `${why} ${path}`).toEqual(endOf(record));
      keptIn.set(path, life);
    }
  }
  const calls = told.flatMap(({ life, word, rest }) => {
    if (word !== 'call') return [];
    const call: Call = JSON.parse(rest);
    return call.run === view.id ? [{ life, change: call.change, what: callOf(call) }] : [];
  });
  const called = crashCalls(own);
  // What was kept is not called again: a call of that kind in a later life belongs to another step.
  for (const [path, life] of keptIn)
    for (const later of calls)
      if (later.life > life) expect(later.what, `${why} ${path} again`).not.toBe(called.get(path));
  // One change a step, whatever was asked again: it was looked for by its own id before.
  for (const path of changed) {
    const ids = calls.filter(({ what }) => what === called.get(path)).map(({ change }) => change);
    const most = view.status === 'done' ? [1] : [0, 1];
    expect(most, `${why} ${path}: ${ids.join()}`).toContain(new Set(ids).size);
  }
}

/** All that later steps go by. */
function endOf(record: StepRecord | undefined): object {
  const { state, output, error } = record ?? {};
  return { state, output, error };
}

/** Steps by what they call: what comes from the calls has no paths. */
function callOf({ tool, input }: Call): string {
  const { target, patch } = input;
  return `${tool} ${textOf(target, 'name')} ${typeof patch === 'string' ? patch : ''}`;
}
