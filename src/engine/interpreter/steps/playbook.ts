import { sha256Hex } from '../../../core/digest.ts';
import { type Json, textOf } from '../../../core/json.ts';
import type { PlaybookStep } from '../../../core/playbook.ts';
import type { StepEnd } from '../step-end.ts';
import type { StepRunner } from './step-runner.ts';

/** A run of its own, which tells this one how it ended. */
export const goOnWithPlaybook: StepRunner<PlaybookStep> = async (run, { step, path, scope }) => {
  const last = run.records.last(path);
  if (last?.state === 'done') return endOf(last.output ?? null);
  const { journal } = run.around;
  const key = `child:${path}`;
  if (run.stops) return { end: 'stopped' };
  const told = await journal.take(run.lease, { path, attempt: 1, key });
  if (told !== undefined) {
    run.records.add({ path, attempt: 1, state: 'done', output: told.payload, at: run.around.now() });
    return endOf(told.payload);
  }
  const input = await scope.fill(step.with);
  const called = await run.around.definitionOf(step.playbook);
  await journal.putDefinition(called.digest, called.source);
  const id = childOf(run.lease.run, path);
  await journal.start({
    id,
    name: step.playbook,
    environment: run.environment,
    digest: called.digest,
    input,
    startedBy: { ...run.startedBy, run: run.lease.run },
    parent: { run: run.lease.run, key },
  });
  run.around.said?.({ path, text: `waits for the run ${id} of ${step.playbook}` });
  return { end: 'waiting', waits: [{ path, kind: 'message', key }] };
};

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
