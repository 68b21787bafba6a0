import type { Preview } from '../core/preview.ts';
import { maskText } from '../core/redaction.ts';
import { kindOf } from './changes/index.ts';
import { standingAt } from './changes/standing.ts';
import { isUnclear } from './changes/unclear.ts';
import type { Run, Written } from './run.ts';
import { troubleOf } from './trouble.ts';
import type { Vigie } from './vigie.ts';

/**
 * A write that ended in an error: asks the cluster whether it took effect all the same, and writes down what it says.
 * Done is done, whatever became of the answer: the plan goes on.
 */
export async function settleUnclear(
  vigie: Vigie,
  at: { run: Run; written: Written[]; index: number; planned: Preview; error: unknown; trouble: string },
): Promise<'done' | 'not done' | 'unknown'> {
  const { run, index, planned } = at;
  const kind = kindOf(planned.change);
  const store = await vigie.store();
  const mayBeDone = isUnclear(at.error);
  try {
    const live = mayBeDone ? await standingAt(planned.change, run.reach) : undefined;
    // An object at the version it had before was not written, even if it happens to hold what was wanted.
    const untouched = live !== undefined && live.resourceVersion === planned.resourceVersion;
    const found = mayBeDone && !untouched ? await kind.observe(planned.change, run.reach) : false;
    if (found === undefined) return 'unknown';
    if (found) {
      const { uid = planned.uid ?? '', resourceVersion = '', ...content } = live ?? {};
      const applied = { uid, resourceVersion, ...content };
      const wayBack = kind.invert(planned.change, planned, { uid, resourceVersion });
      at.written.push({ index, change: planned.change, preview: planned, applied, wayBack });
      await store.changes.stepApplied({
        id: run.plan.id,
        epoch: run.epoch,
        index,
        applied: { uid, resourceVersion },
        wayBack,
      });
      return 'done';
    }
    await store.changes.stepEnded({
      id: run.plan.id,
      epoch: run.epoch,
      index,
      state: 'failed',
      evidence: [at.trouble],
    });
    return 'not done';
  } catch (error) {
    // Nobody can be asked: the step stays announced in the record, which says that nobody knows.
    vigie.log.warn('step-unclear', {
      change: run.plan.id,
      index,
      why: maskText(run.environment.known, troubleOf(error, 'observe')),
    });
    return mayBeDone ? 'unknown' : 'not done';
  }
}
