import type { Change } from '../core/change.ts';
import type { Outcome } from '../core/outcome.ts';
import { Redactor } from '../core/redaction.ts';
import { describeRef } from '../core/ref.ts';
import { bringsPods } from './changes/effect.ts';
import { kindOf } from './changes/index.ts';
import type { Waiting } from './changes/kind.ts';
import { keptEvidence } from './kept-evidence.ts';
import type { Run, Written } from './run.ts';
import { troubleOf } from './trouble.ts';
import type { Vigie } from './vigie.ts';

/**
 * Stage 11: waits until what was written is healthy or the plan's time is over; the worst of the changes counts. The
 * evidence is not masked yet.
 */
export async function verifyPlan(
  vigie: Vigie,
  at: { run: Run; written: readonly Written[]; deadlineMs: number },
): Promise<Outcome> {
  const { run, deadlineMs } = at;
  const { patience } = vigie;
  const store = await vigie.store();
  // A service waits for pods that the same plan starts, not for ten seconds.
  const coming = new Set(at.written.flatMap(({ index, preview }) => (bringsPods(preview) ? [index] : [])));
  let cameMs = Number.NEGATIVE_INFINITY;
  const podsCameMs = (): number => (coming.size > 0 ? patience.nowMs() : cameMs);
  const outcomes = await Promise.all(
    at.written.map(async ({ index, change, preview, applied, changedMs }): Promise<Outcome> => {
      const outcome =
        applied.outcome ??
        (await verifyOne(run, {
          change,
          preview,
          patience,
          deadlineMs,
          ...(changedMs === undefined ? {} : { changedMs }),
          ...(coming.has(index) ? {} : { podsCameMs }),
        }));
      if (coming.delete(index) && outcome.state === 'verified') cameMs = patience.nowMs();
      await store.changes.stepEnded({
        id: run.plan.id,
        epoch: run.epoch,
        index,
        state: outcome.state,
        // Conditions and messages of containers are the cluster's own words.
        evidence: outcome.evidence.map(line => keptEvidence(line, new Redactor(run.environment.known))),
      });
      return outcome;
    }),
  );
  const worst =
    (['failed', 'unverified', 'verified'] as const).find(state =>
      outcomes.some(outcome => outcome.state === state),
    ) ?? 'verified';
  // What is wrong comes first.
  const ordered = outcomes.toSorted(
    (a, b) => Number(a.state === 'verified') - Number(b.state === 'verified'),
  );
  // Several changes may wait for one thing, and each says the same of it.
  return { state: worst, evidence: [...new Set(ordered.flatMap(outcome => outcome.evidence))] };
}

async function verifyOne(
  run: Run,
  { change, ...waiting }: { change: Change } & Omit<Waiting, 'signal' | 'progress'>,
): Promise<Outcome> {
  try {
    return await kindOf(change).verify(change, run.reach, {
      ...waiting,
      signal: run.signal,
      progress: message => run.progress(message),
    });
  } catch (error) {
    // Not to know is no failure of the change: it stands, and the record says that nobody saw it healthy.
    return {
      state: 'unverified',
      evidence: [`${describeRef(change.target)}: ${troubleOf(error, 'not verified')}`],
    };
  }
}
