import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Plan } from '../core/plan.ts';
import type { Preview } from '../core/preview.ts';
import { maskText } from '../core/redaction.ts';
import { describeRef } from '../core/ref.ts';
import type { EndState } from '../store/executed-changes.ts';
import type { Step } from '../store/step.ts';
import type { Store } from '../store/store.ts';
import { auditFacts } from './audit-facts.ts';
import { kindOf } from './changes/index.ts';
import type { Looking } from './changes/kind.ts';
import { standingAt } from './changes/standing.ts';
import { ownName } from './owner.ts';
import { refuseUntrustedPlugin } from './plugin-trust.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';
import { troubleOf } from './trouble.ts';
import type { Environment, Reach, Vigie } from './vigie.ts';

/** A change whose process died, as it was found. */
export interface Recovered {
  id: string;
  /** `executing`: it could not be looked at and stays as it is, for the next look; evidence says why. */
  state: EndState | 'executing';
  evidence: string[];
}

// Health was being waited for when the process died; it is looked at once more, briefly.
const lookAgainMs = 5_000;

/**
 * Looks at every executing change whose lease ran out: its process crashed. What is done and healthy is closed as done;
 * anything else is closed as interrupted, with what stands and what does not. Nothing is done again by itself.
 * A change whose cluster cannot be reached, or behind whose environment another cluster stands now, stays as it is.
 */
export async function recover(vigie: Vigie, signal: AbortSignal): Promise<Recovered[]> {
  const store = await vigie.store();
  const recovered: Recovered[] = [];
  for (const lapsed of await store.changes.lapsed()) {
    const one = await recoverOne(vigie, { lapsed, store, signal });
    if (one !== undefined) recovered.push(one);
  }
  return recovered;
}

type Lapsed = Awaited<ReturnType<Store['changes']['lapsed']>>[number];

/** Undefined: another look was faster, or the owner lives after all and has renewed its lease. */
async function recoverOne(
  vigie: Vigie,
  at: { lapsed: Lapsed; store: Store; signal: AbortSignal },
): Promise<Recovered | undefined> {
  try {
    return await observe(vigie, at);
  } catch (error) {
    // Runs of one worker and other processes look too: what one of them closes has no plan any more, and no other end.
    if (error instanceof VigieError && error.code === 'TICKET_CLOSED') return undefined;
    throw error;
  }
}

/** @throws VigieError TICKET_CLOSED when another look has closed it, or has taken it from this one, meanwhile */
async function observe(
  vigie: Vigie,
  { lapsed, store, signal }: { lapsed: Lapsed; store: Store; signal: AbortSignal },
): Promise<Recovered | undefined> {
  const { id, owner: formerOwner } = lapsed;
  const plan = await store.changes.plan(id);
  const looked = await lookAt(vigie, { plan, store, signal });
  if ('left' in looked) return { id, state: 'executing', evidence: [looked.left] };
  const { state } = looked;
  const adopted = await store.changes.adopt({
    id,
    owner: ownName,
    epoch: lapsed.epoch,
    leaseMs: limits.leaseMs,
  });
  if (adopted === undefined) return undefined;
  const { epoch } = adopted;
  await settleSteps(store, { plan, epoch, found: looked.found });
  const environment = vigie.environments.find(each => each.view.name === plan.environment);
  const evidence = looked.evidence.map(line =>
    environment === undefined ? line : maskText(environment.known, line),
  );
  const facts = await auditFacts(vigie, { actor: plan.actor, plan, more: { state, formerOwner } });
  await store.changes.finish({
    id,
    owner: ownName,
    epoch,
    state,
    evidence,
    audit: { event: 'recovered', changeId: id, environment: plan.environment, facts },
  });
  return { id, state, evidence };
}

const looked = new WeakMap<Vigie['store'], Promise<unknown>>();

/**
 * The look that a process takes before its first change. One that fails is taken again by the next change; but for a
 * store that cannot be read it is no reason to refuse this one. @throws VigieError STORE
 */
export async function recoverOnce(vigie: Vigie, signal: AbortSignal): Promise<void> {
  // Narrowed copies of one Vigie share the function that opens their store.
  const looking = looked.get(vigie.store) ?? recover(vigie, signal);
  looked.set(vigie.store, looking);
  try {
    await looking;
  } catch (error) {
    looked.delete(vigie.store);
    if (error instanceof VigieError && error.code === 'STORE') throw error;
    // The code alone: a message may quote what the cluster holds.
    vigie.log.warn('recover', { code: error instanceof VigieError ? error.code : 'INTERNAL' });
  }
}

interface Looked {
  state: EndState;
  evidence: string[];
  /** Steps that were announced and about which the cluster has now been asked. */
  found: { index: number; done: boolean; uid: string; resourceVersion: string }[];
}

async function lookAt(
  vigie: Vigie,
  at: { plan: Plan; store: Store; signal: AbortSignal },
): Promise<Looked | { left: string }> {
  const { plan } = at;
  const found: Looked['found'] = [];
  const environment = vigie.environments.find(each => each.view.name === plan.environment);
  if (environment === undefined)
    return { left: `There is no environment ${plan.environment} in this configuration.` };
  const reach = await environment.reach(at.signal);
  const away = await whyAway(vigie, { plan, environment, reach });
  if (away !== undefined) return { left: away };
  const steps = await at.store.changes.steps(plan.id);
  const lines: string[] = ['The process that executed this change ended before it was done.'];
  let done = 0;
  let healthy = true;
  const { patience } = vigie;
  const deadlineMs = patience.nowMs() + lookAgainMs;
  for (const [index, preview] of plan.previews.entries()) {
    const { change } = preview;
    const name = describeRef(change.target);
    try {
      const step = steps[index];
      const isThere = await isDone(change, {
        step,
        looking: () => lookingAt(change, { environment, reach, signal: at.signal }),
      });
      if (isThere === undefined) {
        lines.push(`${name}: nobody knows whether it was done, or how far it came.`);
        healthy = false;
        continue;
      }
      let why = 'not done.';
      if (step?.state === 'started') {
        const { uid = '', resourceVersion = '' } = (await standingAt(change, reach)) ?? {};
        const now = { uid, resourceVersion };
        found.push({ index, done: isThere, ...now });
        why = `not done. ${undoneLine(preview, now)}`;
      }
      if (!isThere) {
        lines.push(`${name}: ${why}`);
        continue;
      }
      done += 1;
      const outcome = await kindOf(change).verify(change, reach, {
        preview,
        patience,
        deadlineMs,
        signal: at.signal,
        progress: () => undefined,
      });
      healthy &&= outcome.state === 'verified';
      lines.push(`${name}: done, ${outcome.state}. ${outcome.evidence.join(' ')}`);
    } catch (error) {
      if (isAway(error)) return { left: troubleOf(error, name) };
      lines.push(troubleOf(error, name));
      healthy = false;
    }
  }
  if (done === plan.changes.length && healthy) return { state: 'done', evidence: lines, found };
  const again = plan.changes.every(change => kindOf(change).idempotent);
  if (done < plan.changes.length && again)
    lines.push('Asking for the same change again is safe: what is done stays as it is.');
  if (done > 0) lines.push(`What stands can be taken back: vigie undo ${plan.id}`);
  const firm = plan.changes.findLast(change => kindOf(change).stands !== undefined);
  if (firm !== undefined) lines.push(`To go on: ${kindOf(firm).stands?.next(firm, plan) ?? ''}`);
  return { state: 'interrupted', evidence: lines, found };
}

/** Why the cluster that the change was made on cannot be asked; undefined: it can. */
async function whyAway(
  vigie: Vigie,
  at: { plan: Plan; environment: Environment; reach: Reach },
): Promise<string | undefined> {
  const { plan, environment, reach } = at;
  try {
    await refuseUntrustedPlugin(vigie, { environment, to: 'propose' });
    refuseOtherCluster(plan.cluster, { environment: plan.environment, found: await reach.identity() });
    return undefined;
  } catch (error) {
    if (isAway(error)) return troubleOf(error, plan.environment);
    throw error;
  }
}

function isAway(error: unknown): boolean {
  return (
    error instanceof VigieError &&
    [
      'UNREACHABLE',
      'TIMEOUT',
      'UNAUTHENTICATED',
      'KUBECONFIG',
      'CREDENTIAL_PLUGIN',
      'CREDENTIALS_CHANGED',
      'SANDBOX',
      'WRONG_CLUSTER',
    ].includes(error.code)
  );
}

/** Writes down what the cluster answered about announced steps, so that an undo knows what there is to undo. */
async function settleSteps(
  store: Store,
  at: { plan: Plan; epoch: number; found: Looked['found'] },
): Promise<void> {
  const { plan, epoch } = at;
  for (const { index, done, uid, resourceVersion } of at.found) {
    const preview = plan.previews[index];
    if (preview === undefined) continue;
    if (!done) {
      await store.changes.stepEnded({
        id: plan.id,
        epoch,
        index,
        state: 'failed',
        evidence: [undoneLine(preview, { uid, resourceVersion })],
      });
      continue;
    }
    const wayBack = kindOf(preview.change).invert(preview.change, preview, { uid, resourceVersion });
    await store.changes.stepApplied({
      id: plan.id,
      epoch,
      index,
      applied: { uid, resourceVersion },
      wayBack,
    });
  }
}

/** A step never announced was never sent; one that was, the cluster itself must answer for. */
async function isDone(
  change: Plan['changes'][number],
  at: { step: Step | undefined; looking(): Promise<Looking> },
): Promise<boolean | undefined> {
  if (at.step === undefined || at.step.state === 'pending') return false;
  return kindOf(change).observe(change, await at.looking());
}

/** What aliases filled in is compared by value, which only a reach that may change things can read. @throws VigieError READ_ONLY */
async function lookingAt(
  change: Plan['changes'][number],
  at: { environment: Environment; reach: Reach; signal: AbortSignal },
): Promise<Looking> {
  const filled = change.kind === 'k8s-apply' && change.secretData !== undefined;
  return filled ? at.environment.change(at.signal) : at.reach;
}

/** What the record says of an announced step that the cluster does not bear out. */
function undoneLine(preview: Preview, now: { uid: string; resourceVersion: string }): string {
  const moved =
    preview.change.kind === 'k8s-apply' &&
    preview.operation === 'update' &&
    now.uid === preview.uid &&
    now.resourceVersion !== preview.resourceVersion;
  // An apply may write ownership first. The version alone does not tell whether that was Vigie.
  return moved
    ? 'Announced, and its content was not on the cluster when it was looked at. The object has moved since: ownership of fields may have been moved to vigie, no content.'
    : 'Announced, and its content was not on the cluster when it was looked at.';
}
