import { Redactor } from '../core/redaction.ts';
import type { EndState } from '../store/executed-changes.ts';
import { applyPlan, type Stop } from './apply-plan.ts';
import { auditFacts } from './audit-facts.ts';
import { textsOf } from './callers-words.ts';
import { kindOf } from './changes/index.ts';
import { Fence } from './fence.ts';
import { keptEvidence } from './kept-evidence.ts';
import { ownName } from './owner.ts';
import type { Run, Written } from './run.ts';
import { takeBack } from './take-back.ts';
import { Turns } from './turns.ts';
import { verifyPlan } from './verify-plan.ts';
import type { Vigie } from './vigie.ts';

/** How a plan ended, as it is recorded and told. */
export interface Execution {
  state: EndState;
  evidence: string[];
  /** The same as whoever asked is told it: what they sent themselves is left. */
  ownEvidence: string[];
  /** Hash of the newest audit row, to be kept elsewhere. */
  auditHead: string;
}

// What was applied is taken back even when the caller is gone: with a time of its own.
const takeBackMs = 60_000;

/**
 * Records, applies in order, verifies and records. What fails on the way, or is not healthy for good, is taken back in
 * reverse where nothing else has moved; what is only late stands and is recorded as unverified.
 */
export async function execute(vigie: Vigie, run: Run): Promise<Execution> {
  const fence = new Fence(vigie, { id: run.plan.id, epoch: run.epoch });
  fence.hold();
  const written: Written[] = [];
  try {
    const turns = new Turns(run, vigie.patience);
    const again = (stopped?: Stop) => isSafeToRepeat(run, { fence, unknown: stopped?.unknown !== undefined });
    const stop = await applyPlan(vigie, { run, fence, written, turns });
    if (stop === undefined) {
      const verified = await verifyPlan(vigie, { run, written, deadlineMs: turns.deadlineMs });
      if (verified.state !== 'failed')
        return await finish(vigie, run, {
          ...(verified.state === 'verified'
            ? { state: 'done', again: false }
            : { state: 'unverified', again: again() }),
          evidence: verified.evidence,
        });
      const returned = await returnAll(vigie, { run, fence, written, stop });
      return await finish(vigie, run, {
        state: returned.complete ? 'returned' : 'failed',
        again: again(),
        evidence: [...verified.evidence, ...returned.evidence],
      });
    }
    const returned = await returnAll(vigie, { run, fence, written, stop });
    const state =
      stop.unknown === undefined && written.length > 0 && returned.complete ? 'returned' : 'failed';
    const nothing = stop.left === true ? 'No content was changed.' : 'Nothing was changed.';
    const known = written.length === 0 ? [nothing] : returned.evidence;
    const evidence = stop.unknown === undefined ? known : [stop.unknown, ...returned.evidence];
    return await finish(vigie, run, { state, again: again(stop), evidence: [stop.trouble, ...evidence] });
  } finally {
    fence.release();
  }
}

/**
 * Whether doing the same once more can do no harm, for who may do it without asking: nothing left this process, or it is
 * known what came of it and what is done stays as it is.
 */
function isSafeToRepeat(run: Run, { fence, unknown }: { fence: Fence; unknown: boolean }): boolean {
  return !fence.passed || (!unknown && run.plan.changes.every(change => kindOf(change).idempotent));
}

async function returnAll(
  vigie: Vigie,
  at: { run: Run; fence: Fence; written: readonly Written[]; stop: Stop | undefined },
): Promise<{ complete: boolean; evidence: string[] }> {
  if (at.written.length === 0) return { complete: false, evidence: [] };
  const signal = AbortSignal.timeout(takeBackMs);
  const reach = await at.run.environment.change(signal);
  return takeBack(vigie, {
    plan: at.run.plan,
    epoch: at.run.epoch,
    fence: at.fence,
    written: at.written,
    stop: at.stop,
    reach,
  });
}

/** Stage 12: the outcome goes into the record, with what secrets are known masked. */
async function finish(
  vigie: Vigie,
  run: Run,
  { state, again, evidence }: { state: EndState; again: boolean; evidence: readonly string[] },
): Promise<Execution> {
  const store = await vigie.store();
  const { known } = run.environment;
  const kept = evidence.map(line => keptEvidence(line, new Redactor(known)));
  // What a command printed is the cluster's: a guess that stands in its words must not uncover it there.
  const prints = run.plan.changes.some(change => kindOf(change).prints === true);
  const said = prints ? [] : await textsOf(run.plan.input);
  const ownEvidence = evidence.map(line => keptEvidence(line, new Redactor(known).leaving(said)));
  await store.changes.finish({
    id: run.plan.id,
    owner: ownName,
    epoch: run.epoch,
    state,
    evidence: kept,
    ownEvidence,
    audit: {
      event: state === 'returned' ? 'returned' : 'finished',
      changeId: run.plan.id,
      environment: run.plan.environment,
      facts: await auditFacts(vigie, {
        actor: run.plan.actor,
        plan: run.plan,
        reach: run.reach,
        more: { state, ...(again ? { again } : {}) },
      }),
    },
  });
  const head = await store.audit.head();
  return { state, evidence: kept, ownEvidence, auditHead: head.hash };
}
