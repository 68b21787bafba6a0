import type { TreeRunner } from '../core/copied-trees.ts';
import type { EngineJob } from './engine.ts';

/** Runs a destination's own program where the commands of a job run, for no longer than the job. */
export function treeRunner(job: EngineJob): TreeRunner {
  return {
    start: program =>
      job.runner.start({
        ...program,
        signal: AbortSignal.any([job.signal, program.signal]),
        deadlineMs: job.deadlineMs,
      }),
    progress: message => job.progress(message),
  };
}
