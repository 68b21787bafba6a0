import type { WaitStep } from '../../../core/playbook.ts';
import { readUntil } from '../read-until.ts';
import { milliseconds } from '../retry.ts';
import type { StepRunner } from './step-runner.ts';

export const goOnWithWait: StepRunner<WaitStep> = async (run, { step, path, scope }) => {
  const { wait } = step;
  const mark = `${path}/since`;
  if (run.records.last(mark) === undefined) {
    if (run.stopsAt(path)) return { end: 'stopped' };
    await run.done(mark, { output: null });
  }
  const since = run.records.last(mark)?.at ?? run.around.now();
  if ('tool' in wait) return readUntil(run, { path, check: wait, scope, since });
  let until: number;
  if ('for' in wait) until = since + milliseconds(wait.for);
  else {
    const at = await scope.fillAny(wait.at);
    until = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    if (Number.isNaN(until)) {
      const failure = {
        code: 'INVALID_INPUT',
        message: `${JSON.stringify(at)} is no moment like 2026-11-22T03:00:00Z.`,
      };
      return { end: 'failed', failure };
    }
  }
  if (run.around.now() >= until) return { end: 'done', output: {} };
  return { end: 'waiting', waits: [{ path, kind: 'timer', until }] };
};
