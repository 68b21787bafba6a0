import { sha256Hex } from '../../../core/digest.ts';
import { type ErrorCode, VigieError } from '../../../core/errors.ts';
import { childKey } from '../../../core/journal.ts';
import { type Json, textOf } from '../../../core/json.ts';
import type { PlaybookStep } from '../../../core/playbook.ts';
import { readPlaybook } from '../../language/read-playbook.ts';
import { newRun } from '../../start-run.ts';
import { definitionOf } from '../definition-of.ts';
import { failureOf } from '../failure-of.ts';
import { RunContext } from '../run-context.ts';
import { type Scope, valuesOf } from '../scope.ts';
import type { StepEnd } from '../step-end.ts';
import type { StepRunner } from './step-runner.ts';

type Nested = Parameters<StepRunner<PlaybookStep>>[1]['nested'];

/** What is wrong with the called playbook or with what it is handed: the step failed, and not Vigie. */
const stepCodes: ReadonlySet<ErrorCode> = new Set([
  'INVALID_INPUT',
  'PLAYBOOK',
  'INVALID_CONFIG',
  'CONFLICT',
]);

/** A run of its own, which tells this one how it ended. */
export const goOnWithPlaybook: StepRunner<PlaybookStep> = async (run, { step, path, scope, nested }) => {
  const last = run.records.last(path);
  if (last?.state === 'done') {
    const end = endOf(last.output ?? null);
    if (end.end === 'done' && run.looksBackAt(path))
      await noteStanding(run, { path, child: textOf(last.output, 'run'), scope, nested });
    return end;
  }
  if (last?.state === 'failed') return { end: 'failed', failure: failureOf(last) };
  const { journal } = run.around;
  const key = childKey(path);
  if (run.stopsAt(path)) return { end: 'stopped' };
  const told = last === undefined ? undefined : await journal.take(run.lease, { path, attempt: 1, key });
  if (told !== undefined) {
    run.records.add({ path, attempt: 1, state: 'done', output: told.payload, at: run.around.now() });
    return endOf(told.payload);
  }
  const id = childOf(run.lease.run, path);
  const over = run.overSince(path);
  if (over !== undefined) return { end: 'waiting', waits: [{ path, kind: 'timer', until: over }] };
  if (last === undefined) {
    // Before it is started, so that whoever ends this run knows of it.
    await run.record({ path, attempt: 1, state: 'intent', output: { child: id } });
    run.say({ path, text: `waits for the run ${id} of ${step.playbook}` });
  }
  try {
    await startChild(run, { step, id, key, scope });
  } catch (error) {
    if (!(error instanceof VigieError && stepCodes.has(error.code))) throw error;
    const failure = { code: error.code, message: error.message };
    await run.failed(path, { failure });
    return { end: 'failed', failure };
  }
  return { end: 'waiting', waits: [{ path, kind: 'message', key }] };
};

/** Once: what was started goes by the definition of that moment, whatever the name means later. */
async function startChild(
  run: RunContext,
  { step, id, key, scope }: { step: PlaybookStep; id: string; key: string; scope: Scope },
): Promise<void> {
  const { journal } = run.around;
  if ((await journal.get(id)) !== undefined) return;
  const { digest, source } = await run.around.definitionOf(step.playbook);
  const read = await readPlaybook(source);
  if (read.playbook === undefined || read.digest !== digest)
    throw new VigieError('PLAYBOOK', `The playbook ${step.playbook} cannot be read.`);
  const { maxTargets: most } = run;
  const fresh = await newRun(
    { journal, evaluator: scope.evaluator },
    {
      id,
      playbook: read.playbook,
      digest,
      source,
      inputs: await scope.fill(step.with),
      environment: run.environment,
      startedBy: { ...run.startedBy, run: run.lease.run },
      parent: { run: run.lease.run, key, ...(most === undefined ? {} : { most }) },
    },
  );
  if ((await journal.start(fresh)) === 'skipped')
    throw new VigieError('CONFLICT', `Another run of ${step.playbook} goes on, beside which none may begin.`);
}

/** What a run that ended well did is gone through as its own steps would be: it is taken back with those of the caller. */
async function noteStanding(
  run: RunContext,
  { path, child, scope, nested }: { path: string; child: string; scope: Scope; nested: Nested },
): Promise<void> {
  const { around, signal, lease } = run;
  const view = await around.journal.get(child);
  const playbook = view === undefined ? undefined : await definitionOf(around.journal, view.digest);
  if (view === undefined || playbook === undefined) return run.misses(path);
  const claimed = { ...view, lease: { ...lease, run: child } };
  const seen = new RunContext({ claimed, around, signal, maxTargets: undefined });
  const inner = scope.ofCalled({ inputs: playbook.inputs, values: valuesOf(claimed) });
  await seen.lookingBack('', () => nested(seen, { steps: playbook.steps, path: '', scope: inner }));
  const standing = seen.standing();
  for (const each of standing) run.stands({ ...each, path: `${path}/${each.path}` });
  for (const missed of seen.missed()) run.misses(`${path}/${missed}`);
}

/** The same whoever goes on with the run, so that one child is started. */
function childOf(run: string, path: string): string {
  return `${run.slice(0, 8)}-${sha256Hex(`${run} ${path}`).slice(0, 8)}`;
}

function endOf(output: Json): StepEnd {
  const [status, child] = [textOf(output, 'status'), textOf(output, 'run')];
  if (status === 'done') return { end: 'done', output: { run: child, status } };
  return {
    end: 'failed',
    failure: { code: 'PLAYBOOK', message: `The run ${child} ended as ${status}.`, cause: 'failed' },
  };
}
