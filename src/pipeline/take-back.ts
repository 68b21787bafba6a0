import type { Change } from '../core/change.ts';
import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Plan } from '../core/plan.ts';
import type { Preview } from '../core/preview.ts';
import { describeRef } from '../core/ref.ts';
import type { WayBack } from '../store/step.ts';
import type { Stop } from './apply-plan.ts';
import { kindOf, writeOf } from './changes/index.ts';
import type { Applied } from './changes/kind.ts';
import { stillHas } from './changes/way-back-patch.ts';
import type { Fence } from './fence.ts';
import { judged } from './preview.ts';
import type { Written } from './run.ts';
import { troubleOf } from './trouble.ts';
import type { ChangingReach, Vigie } from './vigie.ts';

// changes_get cuts a line of evidence at 200.
const lineChars = 190;

/**
 * Takes written changes back, last first, without asking: the approval covered this way. An object that somebody else
 * has moved since is left as it is and named; so is everything once the kill switch is on, and what a kind of change
 * lets stand.
 */
export async function takeBack(
  vigie: Vigie,
  at: {
    plan: Plan;
    epoch: number;
    fence: Fence;
    written: readonly Written[];
    reach: ChangingReach;
    /** Why not all of it was written; absent: all was. */
    stop: Stop | undefined;
  },
): Promise<{ complete: boolean; evidence: string[] }> {
  const store = await vigie.store();
  const evidence: string[] = [];
  let complete = true;
  const wanted = at.stop?.surprised === true ? at.written.slice(0, -1) : at.written;
  const firm =
    at.stop?.stands === true
      ? wanted.length - 1
      : wanted.findLastIndex(({ change }) => kindOf(change).stands !== undefined);
  for (const { index, wayBack, preview, applied } of at.written.slice(firm + 1).toReversed()) {
    const name = describeRef(preview.target);
    const line = await takeBackOne({ wayBack, name, applied, fence: at.fence, reach: at.reach });
    evidence.push(line.text);
    if (line.done)
      await store.changes.stepEnded({
        id: at.plan.id,
        epoch: at.epoch,
        index,
        state: 'returned',
        evidence: [line.text],
      });
    else complete = false;
  }
  if (firm < 0) return { complete, evidence };
  return { complete: false, evidence: [...evidence, ...standing(at)] };
}

/** What a plan that stopped halfway has done and what not, name by name. */
function standing({
  plan,
  written,
  stop,
}: {
  plan: Plan;
  written: readonly Written[];
  stop: Stop | undefined;
}): string[] {
  // What ended as failed has told how far it came.
  const failed = written.filter(({ applied }) => applied.outcome?.state === 'failed');
  const done = new Set(written.map(({ index }) => index));
  const names = (wanted: boolean) =>
    plan.previews.flatMap((preview, index) => (done.has(index) === wanted ? [namedDeed(preview)] : []));
  const left = names(false);
  if (failed.length === plan.previews.length) return [];
  return [
    ...inLines(`Done and left as it is, ${done.size} of ${plan.previews.length}: `, names(true)),
    ...(left.length === 0
      ? []
      : inLines(stop?.unknown === undefined ? 'Not done: ' : 'Not known to be done: ', left)),
  ];
}

function namedDeed(preview: Preview): string {
  return `${writeOf(preview)} ${describeRef(preview.target)}`;
}

/** Names in lines that a record shows whole. */
function inLines(head: string, names: readonly string[]): string[] {
  const lines = [head];
  for (const [index, name] of names.entries()) {
    const part = `${name}${index === names.length - 1 ? '.' : ', '}`;
    const last = lines.at(-1) ?? '';
    if (last !== head && last.length + part.length > lineChars) lines.push(part);
    else lines[lines.length - 1] = last + part;
  }
  return lines.map(line => line.trimEnd());
}

async function takeBackOne(at: {
  wayBack: WayBack;
  name: string;
  applied: Applied;
  fence: Fence;
  reach: ChangingReach;
}): Promise<{ done: boolean; text: string }> {
  if (!Array.isArray(at.wayBack))
    return { done: false, text: `${at.name} stands as changed: ${at.wayBack.irreversible}.` };
  if (at.wayBack.length === 0) return { done: true, text: `${at.name} was so before.` };
  const noted = new Set<string>();
  try {
    for (const change of at.wayBack) await takeStep(change, { ...at, noted });
    return { done: true, text: `${at.name} was taken back.` };
  } catch (error) {
    return { done: false, text: [troubleOf(error, `${at.name} stands as changed`), ...noted].join(' ') };
  }
}

/** What others write of it meanwhile, its status above all, is read anew; what it holds must stay as it was written. */
async function takeStep(
  change: Change,
  at: { name: string; applied: Applied; fence: Fence; reach: ChangingReach; noted: Set<string> },
): Promise<void> {
  const kind = kindOf(change);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const prospect = await kind.preview(change, at.reach);
      if (change.kind === 'k8s-delete') refuseMoved(at.name, { now: prospect.before, applied: at.applied });
      await kind.apply(change, at.reach, {
        preview: judged(prospect),
        beforeWrite: () => at.fence.check(),
        noted: line => at.noted.add(line),
      });
      return;
    } catch (error) {
      const stale =
        error instanceof VigieError && error.code === 'CONFLICT' && error.details['cause'] === 'changed';
      if (!stale || attempt >= limits.conflictAttempts) throw error;
    }
  }
}

/** A patch back carries the values it expects; a new object is deleted only while it is as it was written. */
function refuseMoved(name: string, { now, applied }: { now: Preview['before']; applied: Applied }): void {
  if (now === undefined || applied.after === undefined || stillHas(now, applied.after)) return;
  throw new VigieError('CONFLICT', `${name} was changed by somebody else since it was created.`);
}
