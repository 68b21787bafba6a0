import type { Change } from '../core/change.ts';
import { decide } from '../core/decision.ts';
import { type ErrorCode, VigieError } from '../core/errors.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { Preview } from '../core/preview.ts';
import type { TriedChange } from '../toolkit/tried-change.ts';
import { admitTargets } from './admit.ts';
import type { Call } from './call.ts';
import { textsOf } from './callers-words.ts';
import { renderDiff } from './diff.ts';
import type { Exit } from './exit.ts';
import { makersOf } from './makers.ts';
import { refuseUntrustedPlugin } from './plugin-trust.ts';
import { atOnce, judged, previewOne } from './preview.ts';
import { toldOf } from './previews-for-asker.ts';
import type { ChangingReach, Environment, Vigie } from './vigie.ts';

/** Failures of one change, which say nothing of the others. */
const refusals: Partial<Record<ErrorCode, 'conflict' | 'invalid' | 'forbidden'>> = {
  CONFLICT: 'conflict',
  ALREADY_EXISTS: 'conflict',
  FORBIDDEN: 'forbidden',
  OUT_OF_BOUNDS: 'forbidden',
  INVALID_INPUT: 'invalid',
  INVALID_MANIFEST: 'invalid',
  REJECTED_BY_SERVER: 'invalid',
  NOT_FOUND: 'invalid',
  UNKNOWN_KIND: 'invalid',
  SECRET: 'invalid',
};

/**
 * Tries changes as a proposal does, each by itself, and makes none. What is told of each is what the asker of a proposal
 * is told, so that no guess of a secret value is answered. `sent`: the caller's own. @throws VigieError READ_ONLY, and what concerns all of them
 */
export async function tryChanges(
  vigie: Vigie,
  at: { changes: readonly Change[]; environment: Environment; call: Call; exit: Exit; sent: boolean },
): Promise<TriedChange[]> {
  const { changes, environment, call, exit } = at;
  if (!at.sent) await refuseUntrustedPlugin(vigie, { environment, to: 'propose' });
  const reach = await environment.change(call.signal);
  // In changes that its caller did not send, no word is the caller's own.
  const redactor = at.sent ? exit.redactor.leaving(await textsOf(call.input)) : exit.redactor;
  const attempt = async (change: Change): Promise<TriedChange> => {
    try {
      const preview = await previewed(change, { reach, changes, environment, now: vigie.now() });
      if (preview.outcome !== undefined) return preview;
      const { operation, target, warnings, serverChecked } = preview;
      return {
        target,
        outcome: operation,
        diff: operation === 'none' ? '' : await renderDiff(toldOf([preview]), redactor),
        warnings,
        ...(serverChecked === true ? {} : { unchecked: serverChecked }),
      };
    } catch (error) {
      const outcome = error instanceof VigieError ? refusals[error.code] : undefined;
      if (outcome === undefined || !(error instanceof VigieError)) throw error;
      return { target: change.target, outcome, why: error.message, ...(await withForce(error, change)) };
    }
  };
  // A caller may ask for the same with force: it is told no more than then.
  const withForce = async ({ details }: VigieError, change: Change): Promise<{ diff?: string }> => {
    if (change.kind !== 'k8s-apply' || change.force || details['cause'] !== 'owned') return {};
    const forced = await attempt({ ...change, force: true });
    return 'warnings' in forced ? { diff: forced.diff } : {};
  };
  return inParallel(changes, { atOnce, task: attempt });
}

/** The preview of one change, or that policy would deny it whoever asked. */
async function previewed(
  change: Change,
  at: { reach: ChangingReach; changes: readonly Change[]; environment: Environment; now: Date },
): Promise<(Preview & { outcome?: undefined }) | (TriedChange & { outcome: 'denied' })> {
  const { target } = change;
  const { rules } = at.environment;
  const byName = admitTargets(at.environment, [change]);
  if (byName !== undefined) return { target, outcome: 'denied', why: `${byName.why} (${byName.rule})` };
  const preview = judged(await previewOne(change, at));
  const decision = decide({
    previews: [preview],
    makers: await makersOf([preview], at),
    risk: preview.risk,
    policy: rules,
    policyAccepted: true,
    now: at.now,
  });
  if (preview.operation === 'none' || decision.verdict !== 'deny') return preview;
  return { target, outcome: 'denied', why: `${decision.why} (${decision.rule})` };
}
