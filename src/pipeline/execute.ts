import { VigieError } from '../core/errors.ts';
import { differences } from '../core/json-diff.ts';
import { limits } from '../core/limits.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Plan } from '../core/plan.ts';
import type { Preview } from '../core/preview.ts';
import { describeRef } from '../core/ref.ts';
import { riskOf } from '../kubernetes/risk.ts';
import type { EndState } from '../store/executed-changes.ts';
import type { WayBack } from '../store/step.ts';
import { auditFacts } from './audit-facts.ts';
import { comparable } from './changes/comparable.ts';
import { kindOf } from './changes/index.ts';
import type { Applied } from './changes/kind.ts';
import { fieldOf } from './diff.ts';
import { Fence } from './fence.ts';
import { ownName } from './owner.ts';
import { digestOf } from './plan.ts';
import { takeBack, type Written } from './take-back.ts';
import { troubleOf } from './trouble.ts';
import type { ChangingReach, Environment, Vigie } from './vigie.ts';

/** One plan on its way through stages 9 to 12. */
export interface Run {
  plan: Plan;
  environment: Environment;
  /** Its writes are not cut short by the caller's signal: half an answer would leave unknown what stands. */
  reach: ChangingReach;
  epoch: number;
  /** Stops before the next write, and the waiting for health. */
  signal: AbortSignal;
  progress(message: string): void;
}

export interface Execution {
  state: EndState;
  evidence: string[];
  /** Hash of the newest audit row, to be kept elsewhere. */
  auditHead: string;
}

// After these a write may have taken effect although its answer never came.
const unclear = new Set(['UNREACHABLE', 'TIMEOUT', 'SERVER_ERROR', 'BAD_RESPONSE', 'CANCELLED']);
// What was applied is taken back even when the caller is gone: with a time of its own.
const takeBackMs = 60_000;

/**
 * Records, applies in order, verifies and records. What fails on the way, or is not healthy for good, is taken back in
 * reverse where nothing else has moved; what is only late stands and is recorded as unverified.
 */
export async function execute(vigie: Vigie, run: Run): Promise<Execution> {
  const store = await vigie.store();
  const fence = new Fence({ store, id: run.plan.id, epoch: run.epoch });
  fence.hold();
  const written: Written[] = [];
  try {
    const stop = await applyAll(vigie, { run, fence, written });
    if (stop === undefined) {
      const verified = await verifyAll(vigie, { run, written });
      if (verified.state !== 'failed')
        return await finish(
          vigie,
          run,
          verified.state === 'verified' ? 'done' : 'unverified',
          verified.evidence,
        );
      const returned = await returnAll(vigie, { run, fence, written });
      return await finish(vigie, run, returned.complete ? 'returned' : 'failed', [
        ...verified.evidence,
        ...returned.evidence,
      ]);
    }
    const returned = await returnAll(vigie, { run, fence, written });
    const state =
      stop.unknown === undefined && written.length > 0 && returned.complete ? 'returned' : 'failed';
    const known = written.length === 0 ? ['Nothing was changed.'] : returned.evidence;
    const evidence = stop.unknown === undefined ? known : [stop.unknown, ...returned.evidence];
    return await finish(vigie, run, state, [stop.trouble, ...evidence]);
  } finally {
    fence.release();
  }
}

interface Stop {
  trouble: string;
  /** Set when a write may have taken effect and the cluster could not be asked. */
  unknown?: string;
}

/** Applies every change in order; the answer says why it stopped, if it did. */
async function applyAll(
  vigie: Vigie,
  at: { run: Run; fence: Fence; written: Written[] },
): Promise<Stop | undefined> {
  const { run, fence, written } = at;
  const store = await vigie.store();
  for (const [index, planned] of run.plan.previews.entries()) {
    try {
      run.signal.throwIfAborted();
      const { applied, preview, wayBack } = await applyOne(vigie, { run, fence, index, planned });
      written.push({ index, change: planned.change, preview, applied, wayBack });
      await store.changes.stepApplied({
        id: run.plan.id,
        epoch: run.epoch,
        index,
        applied: { uid: applied.uid ?? preview.uid ?? '', resourceVersion: applied.resourceVersion ?? '' },
        wayBack,
      });
      run.progress(`${preview.operation} ${describeRef(preview.target)}: accepted`);
      const surprise = surpriseIn(preview, applied);
      if (surprise !== undefined) return { trouble: surprise };
    } catch (error) {
      const trouble = troubleOf(error, describeRef(planned.target));
      if (written.some(one => one.index === index)) return { trouble };
      const found = await settleUnclear(vigie, { ...at, index, planned, error, trouble });
      if (found === 'not done') return { trouble };
      const name = describeRef(planned.target);
      if (found === 'unknown') return { trouble, unknown: `It is not known whether ${name} was changed.` };
      run.progress(`${planned.operation} ${name}: done, though its answer was lost`);
    }
  }
  return undefined;
}

/**
 * A write that ended in an error: asks the cluster whether it took effect all the same, and writes down what it says.
 * Done is done, whatever became of the answer: the plan goes on.
 */
async function settleUnclear(
  vigie: Vigie,
  at: { run: Run; written: Written[]; index: number; planned: Preview; error: unknown; trouble: string },
): Promise<'done' | 'not done' | 'unknown'> {
  const { run, index, planned } = at;
  const kind = kindOf(planned.change);
  const store = await vigie.store();
  const isUnclear = at.error instanceof VigieError && unclear.has(at.error.code);
  try {
    const live = isUnclear ? await run.reach.reader.find(planned.change.target) : undefined;
    // An object at the version it had before was not written, even if it happens to hold what was wanted.
    const untouched = live !== undefined && live.metadata.resourceVersion === planned.resourceVersion;
    if (isUnclear && !untouched && (await kind.observe(planned.change, run.reach.reader))) {
      const { uid = planned.uid ?? '', resourceVersion = '' } = live?.metadata ?? {};
      const applied = { uid, resourceVersion, ...(live === undefined ? {} : { after: comparable(live) }) };
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
    vigie.log.warn('step-unclear', { change: run.plan.id, index, why: troubleOf(error, 'observe') });
    return isUnclear ? 'unknown' : 'not done';
  }
}

/** One write: the intent and the way back are durable before it leaves; a stale read with the same effect is read anew. */
async function applyOne(
  vigie: Vigie,
  at: { run: Run; fence: Fence; index: number; planned: Preview },
): Promise<{ applied: Applied; preview: Preview; wayBack: WayBack }> {
  const { run, fence, index, planned } = at;
  const store = await vigie.store();
  const kind = kindOf(planned.change);
  let preview = planned;
  await store.changes.stepStarted({
    id: run.plan.id,
    epoch: run.epoch,
    index,
    wayBack: kind.invert(planned.change, preview, undefined),
  });
  for (let attempt = 1; ; attempt += 1) {
    await fence.check();
    try {
      const applied = await kind.apply(planned.change, run.reach, preview);
      return { applied, preview, wayBack: kind.invert(planned.change, preview, applied) };
    } catch (error) {
      const stale =
        error instanceof VigieError && error.code === 'CONFLICT' && error.details['cause'] === 'changed';
      if (!stale || attempt >= limits.conflictAttempts) throw error;
      const again = await kind.preview(planned.change, run.reach);
      const fresh = { ...again, risk: riskOf(again) };
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
  const { environment, cluster } = at.run.plan;
  const digest = (preview: Preview) =>
    digestOf({ environment, cluster, previews: [preview], keys, volatile: [at.planned.volatile] });
  return digest(at.planned) === digest(at.fresh);
}

/** A write that came out other than it was shown, in a field that matters: the rest of the plan stops. */
function surpriseIn(preview: Preview, applied: Applied): string | undefined {
  if (applied.after === undefined || preview.serverChecked !== true) return undefined;
  const found = differences(preview.after, applied.after).filter(
    ({ path }) => !preview.volatile.some(place => path === place || path.startsWith(`${place}/`)),
  );
  if (found.length === 0) return undefined;
  const { change, target } = preview;
  const beyond = riskOf({
    change,
    operation: 'update',
    target: { kind: 'Deployment', apiVersion: 'apps/v1', name: target.name },
    ...(preview.after === undefined ? {} : { before: preview.after }),
    after: applied.after,
    volatile: [],
    warnings: [],
    alongside: [],
    undo: { possible: true },
    serverChecked: true,
  });
  if (beyond.level !== 'high') return undefined;
  const places = found.slice(0, 5).map(({ path }) => fieldOf(path));
  return `${describeRef(target)} was written other than it was shown: ${places.join(', ')}.`;
}

async function verifyAll(vigie: Vigie, at: { run: Run; written: readonly Written[] }): Promise<Outcome> {
  const { run } = at;
  const store = await vigie.store();
  const deadlineMs = Date.now() + run.plan.waitSeconds * 1000;
  const outcomes = await Promise.all(
    at.written.map(async ({ index, change }): Promise<Outcome> => {
      const outcome = await verifyOne(run, { change, deadlineMs });
      await store.changes.stepEnded({
        id: run.plan.id,
        epoch: run.epoch,
        index,
        state: outcome.state,
        evidence: outcome.evidence,
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
  return { state: worst, evidence: ordered.flatMap(outcome => outcome.evidence) };
}

async function verifyOne(
  run: Run,
  what: { change: Plan['changes'][number]; deadlineMs: number },
): Promise<Outcome> {
  try {
    return await kindOf(what.change).verify(what.change, run.reach.reader, {
      deadlineMs: what.deadlineMs,
      signal: run.signal,
      progress: message => run.progress(message),
    });
  } catch (error) {
    // Not to know is no failure of the change: it stands, and the record says that nobody saw it healthy.
    return {
      state: 'unverified',
      evidence: [`${describeRef(what.change.target)}: ${troubleOf(error, 'not verified')}`],
    };
  }
}

async function returnAll(
  vigie: Vigie,
  at: { run: Run; fence: Fence; written: readonly Written[] },
): Promise<{ complete: boolean; evidence: string[] }> {
  if (at.written.length === 0) return { complete: false, evidence: [] };
  const signal = AbortSignal.timeout(takeBackMs);
  const reach = await at.run.environment.change(signal);
  return takeBack(vigie, {
    plan: at.run.plan,
    epoch: at.run.epoch,
    fence: at.fence,
    written: at.written,
    reach,
  });
}

async function finish(vigie: Vigie, run: Run, state: EndState, evidence: string[]): Promise<Execution> {
  const store = await vigie.store();
  const kept = evidence.map(line => run.environment.known.mask(line));
  await store.changes.finish({
    id: run.plan.id,
    owner: ownName,
    epoch: run.epoch,
    state,
    evidence: kept,
    audit: {
      event: state === 'returned' ? 'returned' : 'finished',
      changeId: run.plan.id,
      environment: run.plan.environment,
      facts: await auditFacts(vigie, {
        actor: run.plan.actor,
        plan: run.plan,
        reach: run.reach,
        more: { state },
      }),
    },
  });
  const head = await store.audit.head();
  return { state, evidence: kept, auditHead: head.hash };
}
