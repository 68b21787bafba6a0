import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Preview } from '../core/preview.ts';
import { maskText } from '../core/redaction.ts';
import { describeRef } from '../core/ref.ts';
import type { WayBack } from '../store/step.ts';
import { auditFacts } from './audit-facts.ts';
import { kindOf, writeOf } from './changes/index.ts';
import type { Applied } from './changes/kind.ts';
import { mustLeadThere } from './changes/place-of.ts';
import type { Fence } from './fence.ts';
import { digestOf } from './plan.ts';
import { judged } from './preview.ts';
import type { Run, Written } from './run.ts';
import { settleUnclear } from './settle-unclear.ts';
import { surpriseIn } from './surprise.ts';
import { troubleOf } from './trouble.ts';
import type { Turns } from './turns.ts';
import type { Vigie } from './vigie.ts';

/** Why the applying of a plan stopped before its end. */
export interface Stop {
  trouble: string;
  /** Set when a write may have taken effect and the cluster could not be asked. */
  unknown?: string;
  /** Set when that write, if it did, stands with all that was written before it. */
  stands?: true;
  /** Set when the change that failed left something on the cluster that is no content; the trouble says what. */
  left?: true;
  /** Set when the last write came out other than it was shown: nobody approved what stands there. */
  surprised?: true;
}

/** Stage 10: writes every change in order; undefined when all were written. */
export async function applyPlan(
  vigie: Vigie,
  at: { run: Run; fence: Fence; written: Written[]; turns: Turns },
): Promise<Stop | undefined> {
  const { run, fence, written, turns } = at;
  const store = await vigie.store();
  for await (const [index, planned] of turns.all()) {
    const noted = new Set<string>();
    try {
      run.signal.throwIfAborted();
      const { applied, preview, wayBack } = await applyOne(vigie, { run, fence, index, planned, noted });
      const changedMs = run.reach.serverTime()?.getTime();
      written.push({
        index,
        change: planned.change,
        preview,
        applied,
        wayBack,
        ...(changedMs === undefined ? {} : { changedMs }),
      });
      await store.changes.stepApplied({
        id: run.plan.id,
        epoch: run.epoch,
        index,
        applied: { uid: applied.uid ?? preview.uid ?? '', resourceVersion: applied.resourceVersion ?? '' },
        wayBack,
      });
      run.progress(`${writeOf(preview)} ${describeRef(preview.target)}: accepted`);
      const surprise = surpriseIn(preview, applied);
      if (surprise !== undefined) return { trouble: surprise, surprised: true };
    } catch (error) {
      // The server may quote what it was sent.
      const why = maskText(run.environment.known, troubleOf(error, describeRef(planned.target)));
      const trouble = [why, ...noted].join(' ');
      if (error instanceof VigieError && error.code === 'BLOCKED_BY_BUDGET') {
        await store.changes.stepEnded({
          id: run.plan.id,
          epoch: run.epoch,
          index,
          state: 'failed',
          evidence: [trouble],
        });
        turns.postpone([index, planned], trouble);
        continue;
      }
      if (written.some(one => one.index === index)) return { trouble };
      const found = await settleUnclear(vigie, { ...at, index, planned, error, trouble });
      if (found === 'not done') return { trouble, ...(noted.size > 0 ? { left: true } : {}) };
      const name = describeRef(planned.target);
      if (found === 'unknown')
        return {
          trouble,
          unknown: `It is not known whether ${name} was changed.`,
          ...(kindOf(planned.change).stands === undefined ? {} : { stands: true }),
        };
      run.progress(`${writeOf(planned)} ${name}: done, though its answer was lost`);
    }
  }
  return turns.blocked === undefined ? undefined : { trouble: turns.blocked };
}

/** One write: the intent and the way back are durable before it leaves; a stale read with the same effect is read anew. */
async function applyOne(
  vigie: Vigie,
  at: { run: Run; fence: Fence; index: number; planned: Preview; noted: Set<string> },
): Promise<{ applied: Applied; preview: Preview; wayBack: WayBack }> {
  const { run, fence, index, planned } = at;
  const store = await vigie.store();
  const kind = kindOf(planned.change);
  await mustLeadThere(planned, run.reach);
  let preview = planned;
  await store.changes.stepStarted({
    id: run.plan.id,
    epoch: run.epoch,
    index,
    wayBack: kind.invert(planned.change, preview, undefined),
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      const applied = await kind.apply(planned.change, run.reach, {
        preview,
        beforeWrite: () => fence.check(),
        signal: run.signal,
        progress: message => run.progress(message),
        ...(run.local === undefined ? {} : { local: run.local }),
        noted: line => at.noted.add(line),
        record: {
          plan: run.plan,
          auditFacts: () => auditFacts(vigie, { actor: run.plan.actor, plan: run.plan, reach: run.reach }),
        },
      });
      return { applied, preview, wayBack: kind.invert(planned.change, preview, applied) };
    } catch (error) {
      const stale =
        error instanceof VigieError && error.code === 'CONFLICT' && error.details['cause'] === 'changed';
      if (!stale || attempt >= limits.conflictAttempts) throw error;
      const again = await kind.preview(planned.change, run.reach);
      const fresh = judged(again);
      if (!(await sameEffect(vigie, { run, planned, fresh }))) throw error;
      preview = fresh;
    }
  }
}

async function sameEffect(
  vigie: Vigie,
  at: { run: Run; planned: Preview; fresh: Preview },
): Promise<boolean> {
  const keys = await vigie.keys();
  const { environment, cluster, actor } = at.run.plan;
  const digest = (preview: Preview) =>
    digestOf({ environment, cluster, actor, previews: [preview], keys, volatile: [at.planned.volatile] });
  return digest(at.planned) === digest(at.fresh);
}
